/// Reads a Prometheus text exposition back, strictly: a line that isn't understood fails the test that read it.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace signalbox::testing {

struct exposition {
  struct family {
    std::string help;
    std::string type;
  };
  std::vector<std::string> declared;       ///< family names of `# TYPE`, in order, repeated if they are
  std::map<std::string, family> families;  ///< by name
  std::map<std::string, double> series;    ///< `name{label="value",…}` as it stands

  [[nodiscard]] static exposition parse(std::string_view text);
  /// Fails the test when there is no such series.
  [[nodiscard]] double value(const std::string& name) const;
  /// The values that `label` has in the series whose name begins so.
  [[nodiscard]] std::vector<std::string> label_values(std::string_view name, std::string_view label) const;
};

}  // namespace signalbox::testing

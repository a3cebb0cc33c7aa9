/// What the played router has on its imagined disk: which messages and offsets are durable.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "app/conformance/act.hpp"
#include "app/conformance/heard_frame.hpp"
#include "app/conformance/judge.hpp"

namespace signalbox {

struct message_answer {
  std::string id;
  std::string_view status;  ///< empty: simply accepted, so not named in the acknowledgement
};

struct frame_answer {
  std::vector<message_answer> results;
  std::set<message_key> not_taken;  ///< rejected as `unavailable`
};

class kept_messages {
public:
  /// Takes a frame as `playing` says: what was kept before is a duplicate whatever it says.
  [[nodiscard]] frame_answer keep(const heard_publish& frame, const act& playing, std::mt19937_64& chance);

  [[nodiscard]] std::optional<std::string> offset_of(const std::string& channel) const;

private:
  std::set<message_key> kept_;
  std::map<std::string, std::string> offsets_;
};

}  // namespace signalbox

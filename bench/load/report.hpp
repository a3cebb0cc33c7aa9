/// What a program run gives: a table for people, a JSON file to keep.
#pragma once

#include <string>
#include <vector>

#include "bench/load/run.hpp"
#include "bench/load/workload.hpp"

namespace signalbox::load {

enum class run_mode { rate, maximum, saturate };
[[nodiscard]] std::string_view to_text(run_mode of);

struct report_row {
  std::string side;
  run_mode mode{};
  run_result result;
};

struct report {
  std::vector<std::string> command_line;
  std::string commit;  ///< empty: not given
  struct peer {
    std::string name, version, durability;
  };
  std::vector<peer> peers;
  workload_shape work;
  std::uint32_t frame_messages = 0;
  std::uint32_t agents = 0, channels = 0, inboxes = 0;
  double close_share = 0;
  std::vector<report_row> rows;
  std::uint64_t violations = 0;
  std::vector<std::string> first_violations;

  /// signalbox' maximum over `peer`'s; nothing unless both were found.
  [[nodiscard]] std::optional<double> ratio_of_maxima(std::string_view peer) const;
};

[[nodiscard]] std::string table_of(const report& what);
/// Machine, date, compiler and flags are added here.
[[nodiscard]] std::string json_of(const report& what);

}  // namespace signalbox::load

#include "app/replay/tally.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace signalbox {

quantiles quantiles_of(std::vector<std::uint32_t>& us) {
  if (us.empty()) return {};
  std::sort(us.begin(), us.end());
  const auto at = [&](double share) {
    const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(us.size())));
    return us[std::max<std::size_t>(rank, 1) - 1] / 1000.0;
  };
  return {at(0.5), at(0.99), us.back() / 1000.0};
}

std::string table_of(tally counted, std::chrono::duration<double> took) {
  const auto seconds = std::max(took.count(), 1e-9);
  std::string out;
  const auto line = [&](const char* name, std::uint64_t value, const std::string& note) {
    fmt::format_to(std::back_inserter(out), "  {:<14}{:>10}{}{}\n", name, value, note.empty() ? "" : "   ", note);
  };
  const auto rate = [&](std::uint64_t value) { return fmt::format("{:.0f}/s", static_cast<double>(value) / seconds); };
  const auto must_be_none = [](std::uint64_t value) { return std::string(value == 0 ? "" : "must be 0"); };
  fmt::format_to(std::back_inserter(out), "\n  In {:.1f} s\n", took.count());
  line("messages", counted.messages, rate(counted.messages));
  line("acknowledged", counted.acknowledged, rate(counted.acknowledged));
  line("conversations", counted.conversations, "");
  line("assigned", counted.assigned, "");
  line("received", counted.received, rate(counted.received) + " by agents");
  line("replies", counted.replies, rate(counted.replies));
  line("deliveries", counted.deliveries, "");
  line("closed", counted.closed, "");
  line("duplicates", counted.duplicates, counted.duplicates == 0 ? "" : "sent again and recognised");
  line("reconnects", counted.reconnects, "");
  line("gaps", counted.gaps, must_be_none(counted.gaps));
  line("doubled", counted.doubled, must_be_none(counted.doubled));
  line("lost", counted.lost, must_be_none(counted.lost));
  if (counted.refused != 0) line("refused", counted.refused, "must be 0");
  if (counted.given_up != 0) line("given up", counted.given_up, "must be 0");
  if (counted.unfinished != 0) line("unfinished", counted.unfinished, "must be 0");
  fmt::format_to(std::back_inserter(out), "\n  {:<24}{:>10}{:>10}{:>10}\n", "latency, ms", "p50", "p99", "max");
  const auto latency = [&](const char* name, std::vector<std::uint32_t>& values) {
    const auto q = quantiles_of(values);
    fmt::format_to(std::back_inserter(out), "  {:<24}{:>10.2f}{:>10.2f}{:>10.2f}\n", name, q.p50_ms, q.p99_ms, q.max_ms);
  };
  latency("send > agent receives", counted.to_agent_us);
  latency("send > acknowledged", counted.to_ack_us);
  return out;
}

}  // namespace signalbox

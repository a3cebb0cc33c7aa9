#include "bench/load/report.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>

#include "bench/load/usage.hpp"

namespace signalbox::load {
namespace {

namespace json = boost::json;

double ms(std::uint64_t ns) { return static_cast<double>(ns) / 1e6; }
double mib(std::uint64_t bytes) { return static_cast<double>(bytes) / (1 << 20); }

json::object latency(const histogram& of) {
  return {{"p50_ms", ms(of.quantile(0.5))},
          {"p99_ms", ms(of.quantile(0.99))},
          {"p99_9_ms", ms(of.quantile(0.999))},
          {"max_ms", ms(of.max())},
          {"count", of.count()}};
}

json::object row_json(const report_row& row) {
  const auto& r = row.result;
  return {{"side", row.side},
          {"mode", to_text(row.mode)},
          {"offered_per_second", r.offered},
          {"received_per_second", r.received_rate},
          {"acknowledged_per_second", r.acknowledged_rate},
          {"seconds", r.seconds},
          {"messages", r.messages},
          {"sustained", r.sustained},
          {"backlog_max", r.backlog_max},
          {"send_to_agent", latency(r.to_agent)},
          {"send_to_ack", latency(r.to_ack)},
          {"server_cpu_seconds", r.server_cpu_seconds},
          {"server_cpu_us_a_message", r.server_us_a_message()},
          {"server_resident_bytes", r.server_resident_bytes},
          {"syncs_a_message", r.syncs_a_message ? json::value(*r.syncs_a_message) : json::value(nullptr)},
          {"client_cpu_seconds", r.client_cpu_seconds},
          {"client_was_the_limit", r.client_was_the_limit()}};
}

template <class Texts>
json::array texts(const Texts& all) {
  json::array out;
  for (const auto& each : all) out.emplace_back(each);
  return out;
}

std::string known(double value, const char* format) { return value > 0 ? fmt::format(fmt::runtime(format), value) : "-"; }

}  // namespace

std::string_view to_text(run_mode of) {
  switch (of) {
    case run_mode::rate:
      return "rate";
    case run_mode::maximum:
      return "max";
    case run_mode::saturate:
      return "saturate";
  }
  return {};
}

std::optional<double> report::ratio_of_maxima(std::string_view peer) const {
  double ours = 0, theirs = 0;
  for (const auto& row : rows) {
    if (row.mode != run_mode::maximum || !row.result.sustained) continue;
    if (row.side == "signalbox") ours = row.result.received_rate;
    if (row.side == peer) theirs = row.result.received_rate;
  }
  if (ours == 0 || theirs == 0) return std::nullopt;
  return ours / theirs;
}

std::string table_of(const report& what) {
  auto out = fmt::format("{:<16} {:<9} {:>9} {:>9} | {:>26} | {:>26} | {:>7} {:>7} {:>6} {}\n", "", "mode", "offered/s", "got/s",
                         "to agent p50/p99/p99.9/max", "to ack p50/p99/p99.9/max", "srv us", "srv MiB", "client", "kept up");
  const auto latencies = [](const histogram& of) {
    return fmt::format("{:.2f}/{:.2f}/{:.2f}/{:.1f}", ms(of.quantile(0.5)), ms(of.quantile(0.99)), ms(of.quantile(0.999)),
                       ms(of.max()));
  };
  for (const auto& [side, mode, r] : what.rows) {
    out += fmt::format("{:<16} {:<9} {:>9} {:>9.0f} | {:>26} | {:>26} | {:>7} {:>7} {:>5.0f}% {}{}\n", side, to_text(mode),
                       known(r.offered, "{:.0f}"), r.received_rate, latencies(r.to_agent), latencies(r.to_ack),
                       known(r.server_us_a_message(), "{:.1f}"), known(mib(r.server_resident_bytes), "{:.0f}"),
                       100 * r.client_cpu_seconds / r.seconds, r.sustained ? "yes" : "no",
                       r.client_was_the_limit() ? " (client was the limit)" : "");
    if (r.syncs_a_message) out += fmt::format("{:<16} {:.3f} syncs to the disk a message\n", "", *r.syncs_a_message);
  }
  for (const auto& peer : what.peers) {
    if (const auto ratio = what.ratio_of_maxima(peer.name))
      out += fmt::format("signalbox sustains {:.2f} x {}\n", *ratio, peer.name);
  }
  out += "Latencies in milliseconds from the intended send time; srv us: server CPU a message; client: of one core.\n";
  for (const auto& each : what.first_violations) out += "VIOLATION " + each + '\n';
  out += fmt::format("{} violations\n", what.violations);
  return out;
}

std::string json_of(const report& what) {
  const auto here = this_machine();
  json::array rows;
  for (const auto& row : what.rows) rows.push_back(row_json(row));
  json::array peers;
  json::object ratios;
  for (const auto& peer : what.peers) {
    peers.push_back(json::object{{"name", peer.name}, {"version", peer.version}, {"durability", peer.durability}});
    const auto ratio = what.ratio_of_maxima(peer.name);
    ratios[peer.name] = ratio ? json::value(*ratio) : json::value(nullptr);
  }
  const json::object out{
      {"date", fmt::format("{:%FT%TZ}", fmt::gmtime(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now())))},
      {"commit", what.commit},
      {"machine", {{"cpu", here.cpu}, {"cores", here.cores}, {"kernel", here.kernel}, {"memory_bytes", here.memory_bytes}}},
      {"compiler", __VERSION__},
      {"flags", SIGNALBOX_BUILD_FLAGS},
      {"command_line", texts(what.command_line)},
      {"peers", peers},
      {"workload",
       {{"hash", fmt::format("{:016x}", workload::digest(what.work))},
        {"seed", what.work.seed},
        {"connectors", what.work.producers},
        {"agents", what.agents},
        {"channels", what.channels},
        {"inboxes", what.inboxes},
        {"message_bytes", what.work.message_bytes},
        {"opening_share", what.work.opening_share},
        {"threads_live", what.work.threads_live},
        {"close_share", what.close_share},
        {"frame_messages_max", what.frame_messages}}},
      {"runs", rows},
      {"ratios_of_maxima", ratios},
      {"violations", what.violations},
      {"first_violations", texts(what.first_violations)}};
  return json::serialize(out) + '\n';
}

}  // namespace signalbox::load

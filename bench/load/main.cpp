// The canonical load: see bench/README.md. Exit code 0: all checks held; 1: a violation; 2: it could not be run.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fstream>
#include <iostream>
#include <map>

#include "bench/load/rate_search.hpp"
#include "bench/load/report.hpp"
#include "bench/load/side.hpp"
#include "bench/load/turns.hpp"

namespace {

using namespace signalbox::load;

struct options {
  std::string url, program, admin_token, commit, json_file;
  std::vector<std::string> yardsticks;
  std::filesystem::path yardstick_directory = std::filesystem::temp_directory_path();
  int server_pid = 0;
  company_shape company;
  workload_shape work;
  run_plan plan;
  std::vector<double> rates;
  std::map<std::string, double> most;  ///< by side's name
  bool maximum = false;
  bool saturate = false;
  double close_share = 0;
  double probe_seconds = 5;
  double precision = 0.04;
  std::uint32_t tick_us = 200;
  std::uint32_t times = 1;
};

void declare(CLI::App& app, options& o) {
  app.add_option("--url", o.url, "The server, host:port; without it only the yardstick runs");
  app.add_option("--serve", o.program,
                 "Instead of --url: the server's program, started for each run on a store with nothing but its account")
      ->check(CLI::ExistingFile)
      ->excludes("--url");
  app.add_option("--admin-token", o.admin_token, "The server's admin token; an account is made with it")
      ->envname("SIGNALBOX_ADMIN_TOKEN");
  app.add_option("--server-pid", o.server_pid, "The server's process, to measure its CPU time and memory");
  app.add_option("--connectors", o.company.connectors, "Sockets that publish")->check(CLI::Range(1, 1000))->capture_default_str();
  app.add_option("--agents", o.company.agents, "Sockets that receive")->check(CLI::Range(1, 20'000))->capture_default_str();
  app.add_option("--channels", o.company.channels, "Channels; connectors share them in turn")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_option("--inboxes", o.company.inboxes, "Inboxes; channels share them in turn")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_option("--rate", o.rates, "Messages a second, open loop; several with commas")
      ->delimiter(',')
      ->check(CLI::PositiveNumber);
  app.add_option_function<std::vector<std::string>>(
         "--most",
         [&o](const std::vector<std::string>& all) {
           for (const auto& each : all) {
             const auto sign = each.find('=');
             double rate = 0;
             if (sign == std::string::npos || !CLI::detail::lexical_cast(each.substr(sign + 1), rate))
               throw CLI::ValidationError("--most", "a side's name, = and a rate");
             o.most[each.substr(0, sign)] = rate;
           }
         },
         "The highest --rate that a side is asked for, NAME=RATE; several with commas")
      ->delimiter(',');
  app.add_flag("--max", o.maximum, "Look for the highest rate that is sustained for --seconds");
  app.add_flag("--saturate", o.saturate, "Closed loop: as fast as the credit allows");
  app.add_option("--frame", o.plan.frame_messages, "Messages a frame at most")->check(CLI::Range(1, 512))->capture_default_str();
  app.add_option("--bytes", o.work.message_bytes, "Size of a message's JSON")
      ->check(CLI::Range(message_bytes_min(), std::size_t{100'000}))
      ->capture_default_str();
  app.add_option("--new-share", o.work.opening_share, "Share of the messages that open a conversation")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  app.add_option("--threads", o.work.threads_live, "Conversations that get messages at any time")->capture_default_str();
  app.add_option("--close", o.close_share, "Share of the ended conversations that their agent closes")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  app.add_option("--slow-agents", o.plan.slow_agents,
                 "Of the agents that read only every five seconds; latencies are of the others")
      ->capture_default_str();
  app.add_option("--seconds", o.plan.seconds, "Measured seconds of a run")->check(CLI::PositiveNumber)->capture_default_str();
  app.add_option("--warmup", o.plan.warmup, "Seconds before them")->check(CLI::NonNegativeNumber)->capture_default_str();
  app.add_option("--probe-seconds", o.probe_seconds, "Measured seconds of a probe of --max")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--precision", o.precision,
                 "Of --max: share by which the last probe that was sustained and one that was not may differ")
      ->check(CLI::Range(0.005, 0.5))
      ->capture_default_str();
  app.add_option("--tick", o.tick_us, "Microseconds between two writes at least")
      ->check(CLI::Range(0, 100'000))
      ->capture_default_str();
  std::vector<std::string> peers{"redis"};
  for (const auto each : all_peers) peers.emplace_back(to_text(each));
  app.add_option("--yardstick", o.yardsticks, "Run the same on peers, in turns; several with commas")
      ->delimiter(',')
      ->check(CLI::IsMember(peers));
  app.add_option("--yardstick-dir", o.yardstick_directory, "Where peers, and what --serve starts, keep their files; a real disk")
      ->capture_default_str();
  app.add_flag("--count-syncs", o.plan.count_syncs,
               "Count fsyncs a message with strace; the other figures are worth nothing then");
  app.add_option("--times", o.times, "Run each --rate and --saturate so often, in turns")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  app.add_option("--seed", o.work.seed, "Of the workload")->capture_default_str();
  app.add_option("--commit", o.commit, "What was built, for the JSON");
  app.add_option("--json", o.json_file, "Write all results to this file");
}

class bench {
public:
  explicit bench(const options& o) : options_(o) {
    signalbox_settings settings{
        .server = {}, .server_pid = o.server_pid, .close_share = o.close_share, .slow_agents = o.plan.slow_agents};
    if (!o.url.empty() || !o.program.empty())
      std::cerr << fmt::format("founding an account with {} agents; hashing their passwords takes a while\n", o.company.agents);
    if (!o.url.empty()) {
      settings.server = parse_endpoint(o.url);
      sides_.push_back(signalbox_side(settings, o.admin_token, o.company, o.work));
    } else if (!o.program.empty()) {
      sides_.push_back(
          fresh_signalbox_side(std::filesystem::canonical(o.program), o.yardstick_directory, settings, o.company, o.work));
    }
    for (const auto& name : o.yardsticks)
      sides_.push_back(peer_side(*peer_of(name), o.yardstick_directory, o.company.agents, o.work));
  }

  void run(report& into) {
    turns order{sides_.size()};
    for (std::uint32_t time = 0; time < options_.times; ++time) {
      for (const auto rate : options_.rates) {
        for (const auto i : order.next_round()) {
          auto& each = *sides_[i];
          const auto most = options_.most.find(each.name());
          if (most != options_.most.end() && rate > most->second) continue;
          auto plan = options_.plan;
          plan.rate = rate;
          note(into, each, run_mode::rate, plan);
        }
      }
      if (options_.saturate) {
        for (const auto i : order.next_round()) note(into, *sides_[i], run_mode::saturate, options_.plan);
      }
    }
    if (options_.maximum) find_maxima(into);
    for (const auto& each : sides_) {
      each->finish();
      into.violations += each->violations();
      for (const auto& what : each->first_violations()) into.first_violations.push_back(each->name() + ": " + what);
    }
  }

private:
  run_result run_side(side& on, const run_plan& plan) {
    const auto result = on.run(plan, [this, &on] {
      for (const auto& each : sides_) {
        if (each.get() != &on) each->rest();
      }
    });
    std::cerr << fmt::format("{}: {}/s {}, p99 to agent {:.2f} ms, {}\n", on.name(),
                             plan.rate ? fmt::format("{:.0f}", *plan.rate) : "as fast as it goes,",
                             plan.rate ? "offered" : fmt::format("{:.0f}", result.received_rate),
                             static_cast<double>(result.to_agent.quantile(0.99)) / 1e6,
                             result.sustained ? "kept up" : "fell behind");
    return result;
  }

  void note(report& into, side& on, run_mode mode, const run_plan& plan) {
    into.rows.push_back({on.name(), mode, run_side(on, plan)});
  }

  // The sides take turns at every step, so that a machine that slows down meanwhile slows both.
  void find_maxima(report& into) {
    auto probe = options_.plan;
    probe.seconds = std::min(options_.probe_seconds, options_.plan.seconds);
    std::vector<rate_search> searches;
    for (const auto& each : sides_) {
      probe.rate.reset();
      const auto closed_loop = run_side(*each, probe);
      // One that takes in for seconds before it gives anything out is told by all that it gave, however late.
      searches.emplace_back(std::max(100.0, 0.85 * std::max(closed_loop.received_rate, closed_loop.rate_in_all)),
                            options_.precision);
    }
    const auto searching = [&] { return std::any_of(searches.begin(), searches.end(), [](const auto& s) { return !s.done(); }); };
    turns order{sides_.size()};
    while (searching()) {
      for (const auto i : order.next_round()) {
        auto& search = searches[i];
        if (search.done()) continue;
        auto plan = search.confirms() ? options_.plan : probe;
        plan.rate = search.next();
        const bool confirms = search.confirms();
        auto result = run_side(*sides_[i], plan);
        search.tried(result.sustained, result.rate_in_all);
        if (confirms && search.done()) into.rows.push_back({sides_[i]->name(), run_mode::maximum, std::move(result)});
      }
    }
  }

  const options& options_;
  std::vector<std::unique_ptr<side>> sides_;
};

report start_report(const options& o, int argc, char** argv) {
  report out;
  for (int i = 0; i < argc; ++i) {
    const bool secret = i > 0 && std::string_view{argv[i - 1]} == "--admin-token";
    out.command_line.emplace_back(secret ? "..." : argv[i]);
  }
  out.commit = o.commit;
  out.work = o.work;
  out.frame_messages = o.plan.frame_messages;
  out.agents = o.company.agents;
  out.channels = o.company.channels;
  out.inboxes = o.company.inboxes;
  out.close_share = o.close_share;
  for (const auto& name : o.yardsticks) {
    const auto which = *peer_of(name);
    out.peers.push_back({std::string{to_text(which)}, version_of(which), std::string{durability_of(which)}});
  }
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  options o;
  CLI::App app{"Drives the canonical workload against a Signalbox server, and a yardstick beside it"};
  declare(app, o);
  CLI11_PARSE(app, argc, argv);
  o.work.producers = o.company.connectors;
  o.plan.tick = std::chrono::microseconds{o.tick_us};
  if (o.url.empty() && o.program.empty() && o.yardsticks.empty()) {
    std::cerr << "signalbox_load: give --url or --serve, --yardstick or both\n";
    return 2;
  }
  if (o.rates.empty() && !o.maximum && !o.saturate) {
    std::cerr << "signalbox_load: give --rate, --max or --saturate\n";
    return 2;
  }
  try {
    auto all = start_report(o, argc, argv);
    bench{o}.run(all);
    std::cout << table_of(all);
    if (!o.json_file.empty()) {
      std::ofstream file{o.json_file};
      file << json_of(all);
      if (!file.flush()) throw std::runtime_error("can't write " + o.json_file);
    }
    return all.violations == 0 ? 0 : 1;
  } catch (const std::exception& failure) {
    std::cerr << "signalbox_load: " << failure.what() << '\n';
    return 2;
  }
}

#include "bench/load/side.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <functional>
#include <optional>
#include <random>
#include <thread>

#include "bench/load/signalbox_server.hpp"

namespace signalbox::load {
namespace {

std::filesystem::path own_directory(const std::filesystem::path& parent, std::string_view name) {
  return std::filesystem::absolute(parent) / fmt::format("signalbox-peer-{}-{}", name, getpid());
}

class nothing_expected : public target_observer {
public:
  explicit nothing_expected(ledger& book) : book_(&book) {}
  void acknowledged(std::uint32_t, std::uint64_t) override { book_->violated("an acknowledgement came after its run"); }
  bool received(std::uint32_t, std::string_view) override {
    book_->violated("a message came after its run");
    return false;
  }
  void violated(std::string what) override { book_->violated(std::move(what)); }

private:
  ledger* book_;
};

std::vector<std::string> channels_of(const company& all) {
  std::vector<std::string> out;
  for (const auto& each : all.connectors) out.push_back(each.channel);
  return out;
}

class on_signalbox : public side {
public:
  on_signalbox(const signalbox_settings& settings, const std::string& admin_token, const company_shape& shape,
               const workload_shape& work)
      : company_(found_company(settings.server, admin_token, shape)),
        target_(settings, company_),
        work_(work, channels_of(company_)) {}

  [[nodiscard]] std::string name() const override { return "signalbox"; }
  [[nodiscard]] run_result run(const run_plan& plan, const std::function<void()>& meanwhile) override {
    wait_until_idle();
    return run_once({&target_, &work_, &book_}, plan, meanwhile);
  }
  void rest() override {
    nothing_expected observer{book_};
    target_.poll(std::chrono::nanoseconds{0}, observer);
  }
  void finish() override { book_.close(); }
  [[nodiscard]] std::uint64_t violations() const override { return book_.violations(); }
  [[nodiscard]] std::vector<std::string> first_violations() const override { return book_.first_violations(); }

private:
  /// Until it has done what the runs before left it to do, as compactions: a peer begins each run afresh.
  void wait_until_idle() {
    constexpr ns_time look = 250'000'000, wait_max = 20'000'000'000;
    const auto pids = target_.server_pids();
    for (const auto give_up = now_ns() + wait_max; now_ns() < give_up;) {
      const auto before = cpu_seconds_of(pids);
      for (const auto until = now_ns() + look; now_ns() < until; std::this_thread::sleep_for(std::chrono::milliseconds{10}))
        rest();
      if (cpu_seconds_of(pids) - before < 0.1 * look / ns_per_second) return;
    }
  }

  company company_;
  signalbox_target target_;
  workload work_;
  ledger book_{thread_promise::kept};
};

/// A server that is started for a run, and what the run is about.
struct fresh_load {
  std::unique_ptr<signalbox_server> server;  ///< where the target doesn't own it
  std::unique_ptr<workload> work;
  std::unique_ptr<target> on;
  ledger book;
};

class on_fresh_server : public side {
public:
  using start = std::function<std::unique_ptr<fresh_load>()>;

  /// @param directory its own, removed at the end
  /// @param starts_slowly the same server goes on, and stands still while others have their turns
  on_fresh_server(std::string name, std::filesystem::path directory, bool starts_slowly, start how)
      : name_(std::move(name)), directory_(std::move(directory)), starts_slowly_(starts_slowly), start_(std::move(how)) {}
  ~on_fresh_server() override {
    load_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }

  [[nodiscard]] std::string name() const override { return name_; }
  [[nodiscard]] run_result run(const run_plan& plan, const std::function<void()>& meanwhile) override {
    if (!load_) load_ = start_();
    signal_servers(SIGCONT);
    auto result = run_once({load_->on.get(), load_->work.get(), &load_->book}, plan, meanwhile);
    // What is missing of one that has its backlog still says nothing, and the next run begins afresh.
    if (!result.all_came) {
      load_.reset();
    } else if (!starts_slowly_) {
      end_load();
    } else {
      signal_servers(SIGSTOP);  // it would work on by itself
    }
    return result;
  }
  void rest() override {}
  void finish() override {
    if (!load_) return;
    signal_servers(SIGCONT);
    end_load();
  }
  [[nodiscard]] std::uint64_t violations() const override { return violations_; }
  [[nodiscard]] std::vector<std::string> first_violations() const override { return first_; }

private:
  void signal_servers(int what) const {
    if (!starts_slowly_) return;
    for (const auto pid : load_->on->server_pids()) kill(pid, what);
  }

  void end_load() {
    auto& book = load_->book;
    book.close();
    violations_ += book.violations();
    first_.insert(first_.end(), book.first_violations().begin(), book.first_violations().end());
    load_.reset();
  }

  std::string name_;
  std::filesystem::path directory_;
  bool starts_slowly_;
  start start_;
  std::unique_ptr<fresh_load> load_;
  std::uint64_t violations_ = 0;
  std::vector<std::string> first_;
};

}  // namespace

std::unique_ptr<side> signalbox_side(const signalbox_settings& settings, const std::string& admin_token,
                                     const company_shape& company, const workload_shape& work) {
  return std::make_unique<on_signalbox>(settings, admin_token, company, work);
}

std::unique_ptr<side> fresh_signalbox_side(const std::filesystem::path& program, const std::filesystem::path& directory,
                                           const signalbox_settings& settings, const company_shape& shape,
                                           const workload_shape& work) {
  const auto own = own_directory(directory, "signalbox");
  const auto founded = own / "founded", data = own / "data", scratch = own / "server";
  const std::string token = fmt::format("load-{:016x}{:016x}", std::random_device{}(), std::random_device{}());
  const auto start = [=, all = std::optional<company>{}]() mutable {
    if (!all) {
      const signalbox_server first{program, scratch, founded, token};
      all = found_company(first.at(), token, shape);
    }
    std::filesystem::remove_all(data);
    std::filesystem::copy(founded, data, std::filesystem::copy_options::recursive);
    auto server = std::make_unique<signalbox_server>(program, scratch, data, token);
    auto its = settings;
    its.server = server->at();
    its.server_pid = server->pid();
    auto messages = std::make_unique<workload>(work, channels_of(*all));
    auto on = std::make_unique<signalbox_target>(its, *all);
    return std::make_unique<fresh_load>(
        fresh_load{std::move(server), std::move(messages), std::move(on), ledger{thread_promise::kept}});
  };
  return std::make_unique<on_fresh_server>("signalbox", own, false, start);
}

std::unique_ptr<side> peer_side(peer_kind which, const std::filesystem::path& directory, std::uint32_t agents,
                                const workload_shape& work) {
  // A RabbitMQ takes ten seconds to start and keeps nothing of what was acknowledged.
  const bool starts_slowly = which == peer_kind::rabbitmq_quorum || which == peer_kind::rabbitmq_classic;
  const auto own = own_directory(directory, to_text(which));
  const auto start = [=] {
    auto messages = std::make_unique<workload>(work, std::vector<std::string>(work.producers, "chn_0000000000000"));
    auto on = start_peer(which, own, {.producers = work.producers, .agents = agents, .stamp_at = messages->stamp_at()});
    return std::make_unique<fresh_load>(fresh_load{nullptr, std::move(messages), std::move(on), ledger{thread_promise::none}});
  };
  return std::make_unique<on_fresh_server>(std::string{to_text(which)}, own, starts_slowly, start);
}

}  // namespace signalbox::load

#include "bench/load/side.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <thread>

namespace signalbox::load {
namespace {

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

class on_peer : public side {
public:
  on_peer(peer_kind which, const std::filesystem::path& directory, std::uint32_t agents, const workload_shape& work)
      : which_(which),
        directory_(directory / fmt::format("signalbox-peer-{}-{}", to_text(which), getpid())),
        agents_(agents),
        shape_(work) {}
  ~on_peer() override {
    load_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }

  [[nodiscard]] std::string name() const override { return std::string{to_text(which_)}; }
  [[nodiscard]] run_result run(const run_plan& plan, const std::function<void()>& meanwhile) override {
    if (!load_) load_ = std::make_unique<one_load>(which_, directory_, agents_, shape_);
    signal_servers(SIGCONT);
    auto result = run_once({load_->on.get(), &load_->work, &load_->book}, plan, meanwhile);
    // What is missing of one that has its backlog still says nothing, and the next run begins afresh.
    if (!result.all_came) {
      load_.reset();
    } else if (!starts_slowly()) {
      end_load();
    } else {
      signal_servers(SIGSTOP);  // while the others have their turns; it would work on by itself
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
  struct one_load {
    one_load(peer_kind which, const std::filesystem::path& directory, std::uint32_t agents, const workload_shape& shape)
        : work(shape, std::vector<std::string>(shape.producers, "chn_0000000000000")),
          on(start_peer(which, directory, {.producers = shape.producers, .agents = agents, .stamp_at = work.stamp_at()})) {}
    workload work;
    std::unique_ptr<target> on;
    ledger book{thread_promise::none};
  };

  /// A RabbitMQ takes ten seconds to start and keeps nothing of what was acknowledged: the same one goes on.
  [[nodiscard]] bool starts_slowly() const {
    return which_ == peer_kind::rabbitmq_quorum || which_ == peer_kind::rabbitmq_classic;
  }

  void signal_servers(int what) const {
    if (!starts_slowly()) return;
    for (const auto pid : load_->on->server_pids()) kill(pid, what);
  }

  void end_load() {
    auto& book = load_->book;
    book.close();
    violations_ += book.violations();
    first_.insert(first_.end(), book.first_violations().begin(), book.first_violations().end());
    load_.reset();
  }

  peer_kind which_;
  std::filesystem::path directory_;
  std::uint32_t agents_;
  workload_shape shape_;
  std::unique_ptr<one_load> load_;
  std::uint64_t violations_ = 0;
  std::vector<std::string> first_;
};

}  // namespace

std::unique_ptr<side> signalbox_side(const signalbox_settings& settings, const std::string& admin_token,
                                     const company_shape& company, const workload_shape& work) {
  return std::make_unique<on_signalbox>(settings, admin_token, company, work);
}

std::unique_ptr<side> peer_side(peer_kind which, const std::filesystem::path& directory, std::uint32_t agents,
                                const workload_shape& work) {
  return std::make_unique<on_peer>(which, directory, agents, work);
}

}  // namespace signalbox::load

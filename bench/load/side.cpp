#include "bench/load/side.hpp"

#include <unistd.h>

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
  company company_;
  signalbox_target target_;
  workload work_;
  ledger book_{thread_promise::kept};
};

class on_redis : public side {
public:
  on_redis(const std::filesystem::path& directory, std::uint32_t agents, const workload_shape& work)
      : directory_(directory), agents_(agents), shape_(work) {}

  [[nodiscard]] std::string name() const override { return "redis"; }
  [[nodiscard]] run_result run(const run_plan& plan, const std::function<void()>& meanwhile) override {
    const redis_server server{directory_ / ("signalbox-yardstick-" + std::to_string(getpid()))};
    workload work{shape_, std::vector<std::string>(shape_.producers, "chn_0000000000000")};
    redis_target on{server, {.producers = shape_.producers, .agents = agents_, .stamp_at = work.stamp_at()}};
    ledger book{thread_promise::none};
    auto result = run_once({&on, &work, &book}, plan, meanwhile);
    book.close();
    violations_ += book.violations();
    first_.insert(first_.end(), book.first_violations().begin(), book.first_violations().end());
    return result;
  }
  void rest() override {}
  void finish() override {}
  [[nodiscard]] std::uint64_t violations() const override { return violations_; }
  [[nodiscard]] std::vector<std::string> first_violations() const override { return first_; }

private:
  std::filesystem::path directory_;
  std::uint32_t agents_;
  workload_shape shape_;
  std::uint64_t violations_ = 0;
  std::vector<std::string> first_;
};

}  // namespace

std::unique_ptr<side> signalbox_side(const signalbox_settings& settings, const std::string& admin_token,
                                     const company_shape& company, const workload_shape& work) {
  return std::make_unique<on_signalbox>(settings, admin_token, company, work);
}

std::unique_ptr<side> redis_side(const std::filesystem::path& directory, std::uint32_t agents, const workload_shape& work) {
  return std::make_unique<on_redis>(directory, agents, work);
}

}  // namespace signalbox::load

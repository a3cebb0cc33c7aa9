/// One of those that are compared, ready to be run again and again.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "bench/load/company.hpp"
#include "bench/load/ledger.hpp"
#include "bench/load/run.hpp"
#include "bench/load/signalbox_target.hpp"
#include "bench/peers/peers.hpp"

namespace signalbox::load {

class side {
public:
  virtual ~side() = default;
  [[nodiscard]] virtual std::string name() const = 0;
  [[nodiscard]] virtual run_result run(const run_plan& plan, const std::function<void()>& meanwhile) = 0;
  /// Reads what came while another side ran.
  virtual void rest() = 0;
  /// When all runs are over: what is missing is a violation then.
  virtual void finish() = 0;
  [[nodiscard]] virtual std::uint64_t violations() const = 0;
  [[nodiscard]] virtual std::vector<std::string> first_violations() const = 0;
};

/// One account on one server for all runs: its store grows from run to run, as in life.
[[nodiscard]] std::unique_ptr<side> signalbox_side(const signalbox_settings& settings, const std::string& admin_token,
                                                   const company_shape& company, const workload_shape& work);

/// As a peer: a fresh server for each run, on a copy of a store in which nothing is but the account, which is founded once.
/// @param program the server's. @pre `directory` is on a real disk
[[nodiscard]] std::unique_ptr<side> fresh_signalbox_side(const std::filesystem::path& program,
                                                         const std::filesystem::path& directory,
                                                         const signalbox_settings& settings, const company_shape& company,
                                                         const workload_shape& work);

/// A fresh server for each run, so that its log and its memory don't grow against it; RabbitMQ, which starts slowly, goes on with the same. @pre `directory` is on a real disk
[[nodiscard]] std::unique_ptr<side> peer_side(peer_kind which, const std::filesystem::path& directory, std::uint32_t agents,
                                              const workload_shape& work);

}  // namespace signalbox::load

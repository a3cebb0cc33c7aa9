/// What actors would write, for tests of the store: conversations that open, get messages, are assigned, wait and close.
#pragma once

#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "storage/change_set.hpp"
#include "storage/records.hpp"
#include "storage/settling.hpp"
#include "storage/store.hpp"

namespace signalbox::testing {

/// The same seed writes the same. Keeps what INBOX would keep: the conversations as they are now.
class workload {
public:
  explicit workload(std::uint64_t seed, std::uint64_t accounts = 3) : chance_(seed), accounts_(accounts) {}

  /// The next change set of some account: one to eight changes.
  [[nodiscard]] change_set next();

  /// One commit of `sets` sets. Gives the number of events.
  std::uint64_t commit(store& to, std::size_t sets = 1);

  /// Takes over what was settled meanwhile, as INBOX knows what it settled itself.
  void learn_settled(const store& from);

  /// As INBOX has them, whatever of it is written yet.
  [[nodiscard]] const std::map<std::pair<account_id, conversation_id>, stored_conversation>& conversations() const {
    return conversations_;
  }
  [[nodiscard]] std::uint64_t messages() const { return messages_; }

private:
  std::uint64_t below(std::uint64_t bound) { return chance_() % bound; }
  void open_conversation(change_set& to, account_id account);
  void add_message(change_set& to, account_id account, stored_conversation& of);
  void change_state(change_set& to, account_id account, stored_conversation& of);
  void put_record(change_set& to, account_id account, const stored_conversation& of);

  std::mt19937_64 chance_;
  std::uint64_t accounts_;
  std::map<std::pair<account_id, conversation_id>, stored_conversation> conversations_;
  std::uint64_t clock_ = 1'700'000'000'000;
  std::uint64_t next_id_ = 1;
  std::uint64_t messages_ = 0;
};

/// Every key of every family, as it is; the settled form of two stores can be held against each other.
using contents = std::vector<std::map<std::string, std::string>>;
[[nodiscard]] contents everything_in(const store& of);

}  // namespace signalbox::testing

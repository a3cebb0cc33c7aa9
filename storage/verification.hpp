/// What the parts of verify_contents share.
#pragma once

#include <array>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "storage/keys.hpp"
#include "storage/list_counts.hpp"
#include "storage/records.hpp"
#include "storage/store.hpp"

namespace signalbox {

class verification {
public:
  verification(const store& of, const std::function<void(const std::string&)>& say) : store_(of), say_(say) {}

  [[nodiscard]] const store& of() const { return store_; }
  [[nodiscard]] std::uint64_t problems() const { return problems_; }
  void problem(const std::string& what);
  /// Names the family and the key in hexadecimal.
  void problem(family in, std::string_view key, const std::string& what);
  /// Calls `check(key, value)` for each key of a family. What it throws, and a key that can't be read, is a problem.
  void each(family in, const std::function<void(std::string_view, std::string_view)>& check);
  /// The same for account-owned keys: the slot is checked, `check(owner, key, value)` gets the key in parts.
  void each_owned(family in,
                  const std::function<void(const keys::owned_key&, std::string_view key, std::string_view value)>& check);

  [[nodiscard]] std::optional<stored_conversation> conversation(account_id account, conversation_id id) const;

  std::array<std::uint64_t, keys::groups> settled{};                    ///< positions
  std::uint64_t history_due = 0;                                        ///< history entries that are settled, by the log
  std::uint64_t history_found = 0;                                      ///< the same, by conversation_log
  std::map<std::pair<account_id, inbox_id>, class_counts> uncounted{};  ///< counts without the conversations that were read
  std::set<std::pair<account_id, inbox_id>> not_counted_yet{};  ///< with conversations that don't say where they are counted

private:
  const store& store_;
  const std::function<void(const std::string&)>& say_;
  std::uint64_t problems_ = 0;
};

void verify_meta(verification& v);
void verify_config(verification& v);
void verify_state(verification& v);
void verify_events(verification& v);
void verify_feeds(verification& v);
void verify_conversation_log(verification& v);
void verify_message_ids(verification& v);
void verify_outbox(verification& v);

}  // namespace signalbox

/// How many conversations each inbox has in each class (rules/view.hpp): kept with what is settled, so that nobody counts rows.
#pragma once

#include <map>
#include <string_view>

#include "rules/view.hpp"
#include "storage/change_set.hpp"
#include "storage/store.hpp"

namespace signalbox {

/// What one INBOX, the only one that writes these records, counts. A conversation that it moves away is counted into the other
/// inbox under its own name, so that no two INBOXes write one record: an inbox's counts are the sum of all of its records.
/// For one thread; keep it as long as what it wrote may not be durable.
class list_counter {
public:
  list_counter(const store& disk, account_id account, inbox_id writer) : disk_(disk), account_(account), writer_(writer) {}

  void add(inbox_id to, list_class in, std::int64_t by);
  /// Puts the records that changed since the last time: into the change set that has their rows.
  void write(change_set& into);
  /// Reads again from the store what is asked for from now on.
  void forget() { known_.clear(); }
  /// The class that a row of before there were counts is in.
  [[nodiscard]] list_class class_of_row(std::string_view activity_key) const;

private:
  struct known {
    class_counts counts{};
    bool changed = false;
  };
  const store& disk_;
  account_id account_;
  inbox_id writer_;
  std::map<inbox_id, known> known_;
};

/// One read for each INBOX that ever moved something there.
[[nodiscard]] class_counts read_list_counts(const store& disk, account_id account, inbox_id inbox);

[[nodiscard]] class_counts decode_list_counts(std::string_view bytes);

/// Whether a class has rows of its own beside the activity list. Open conversations that are somebody's have not: most messages
/// are theirs.
[[nodiscard]] constexpr bool has_rows(list_class in) { return in != list_class::assigned && in != list_class::hidden; }

/// Makes rows and counts for a store that was settled before there were any. Once: reads every activity entry then.
void keep_lists(store& of);

}  // namespace signalbox

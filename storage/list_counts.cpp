#include "storage/list_counts.hpp"

#include <utility>

#include "storage/keys.hpp"
#include "storage/records.hpp"

namespace signalbox {

namespace {

constexpr std::size_t activity_rest_bytes = 25;  // kind, inbox, time, conversation

std::string encode_list_counts(const class_counts& of) {
  std::string out;
  for (std::size_t i = 1; i < list_classes; ++i) keys::append_be64(out, static_cast<std::uint64_t>(of[i]));
  return out;
}

class piecewise_writer {
public:
  explicit piecewise_writer(store& to) : to_(to) {}
  change_set& set(std::uint8_t group) {
    if (set_.group() != group || set_.bytes() > change_set_bytes_max / 2) flush(group);
    return set_;
  }
  void flush(std::uint8_t next = 0) {
    if (!set_.empty()) {
      const change_set* const one = &set_;
      std::uint64_t unused = 0;
      to_.commit({&one, 1}, {&unused, 1});
    }
    set_ = change_set{next};
  }

private:
  store& to_;
  change_set set_{0};
};

}  // namespace

class_counts decode_list_counts(std::string_view bytes) {
  if (bytes.size() != 8 * (list_classes - 1)) throw corrupt_record("list counts of " + std::to_string(bytes.size()) + " bytes");
  class_counts out{};
  for (std::size_t i = 1; i < list_classes; ++i) out[i] = static_cast<std::int64_t>(keys::read_be64(bytes.substr(8 * (i - 1))));
  return out;
}

void list_counter::add(inbox_id to, list_class in, std::int64_t by) {
  const auto [place, fresh] = known_.try_emplace(to);
  auto& of = place->second;
  if (fresh)
    if (const auto record = disk_.get(family::state, keys::list_counts(account_, to, writer_)))
      of.counts = decode_list_counts(*record);
  of.counts[static_cast<std::size_t>(in)] += by;
  of.changed = true;
}

void list_counter::write(change_set& into) {
  for (auto& [inbox, of] : known_) {
    if (!std::exchange(of.changed, false)) continue;
    into.put(family::state, keys::list_counts(account_, inbox, writer_), encode_list_counts(of.counts));
  }
}

list_class list_counter::class_of_row(std::string_view activity_key) const {
  const auto row = disk_.get(family::state, activity_key);
  if (!row) throw corrupt_record("a conversation without its activity entry");
  return class_of(decode_activity_entry(*row));
}

class_counts read_list_counts(const store& disk, account_id account, inbox_id inbox) {
  class_counts out{};
  const auto prefix = keys::list_counts_prefix(account, inbox);
  disk.scan(family::state, prefix, keys::after_prefix(prefix), [&](std::string_view, std::string_view value) {
    const auto one = decode_list_counts(value);
    for (std::size_t i = 0; i < list_classes; ++i) out[i] += one[i];
    return true;
  });
  return out;
}

void keep_lists(store& of) {
  if (of.get(family::meta, keys::lists_kept())) return;
  piecewise_writer writer{of};
  std::map<std::pair<account_id, inbox_id>, class_counts> all;
  std::string from;
  // In pieces, since what is scanned is being written to: by slot, account and kind the activity entries stand apart.
  for (bool more = true; more;) {
    std::vector<std::pair<std::string, std::string>> rows;
    more = false;
    of.scan(family::state, from, {}, [&](std::string_view key, std::string_view value) {
      const auto owner = keys::split_owned(key);
      if (owner && owner->rest.size() == activity_rest_bytes && owner->rest[0] == 'A') rows.emplace_back(key, value);
      if (rows.size() < 1000) return true;
      from.assign(key);
      from += '\0';
      more = true;
      return false;
    });
    for (const auto& [key, value] : rows) {
      const auto owner = keys::split_owned(key).value();
      const inbox_id inbox{keys::read_be64(owner.rest.substr(1))};
      const auto in = class_of(decode_activity_entry(value));
      ++all[{owner.account, inbox}][static_cast<std::size_t>(in)];
      if (!has_rows(in)) continue;
      auto row = keys::list_row_prefix(owner.account, inbox, in);
      row += owner.rest.substr(9);
      writer.set(keys::group_of(owner.account)).put(family::state, row, value);
    }
  }
  for (const auto& [of_inbox, counts] : all)
    writer.set(keys::group_of(of_inbox.first))
        .put(family::state, keys::list_counts(of_inbox.first, of_inbox.second, of_inbox.second), encode_list_counts(counts));
  writer.flush();
  writer.set(0).put(family::meta, keys::lists_kept(), "1");
  writer.flush();
}

}  // namespace signalbox

#include "actors/inbox_rows.hpp"

#include <algorithm>
#include <queue>

#include "storage/keys.hpp"

namespace signalbox {

namespace {

constexpr std::size_t rows_looked_at_max = 200'000;

/// One part of a list, read ahead a piece at a time.
class part_reader {
public:
  part_reader(const store& disk, const rows_wanted& wanted, const rows_part& part)
      : disk_(disk), wanted_(wanted), part_(part), from_(part.prefix) {
    if (part.known) {
      const auto from = std::upper_bound(part.known->begin(), part.known->end(), wanted.after);
      places_.assign(from, part.known->end());
      over_ = true;
      return;
    }
    if (!wanted.after.empty()) {
      from_ += wanted.after;
      from_ += '\0';
    }
    read_ahead();
  }

  [[nodiscard]] inbox_id inbox() const { return part_.inbox; }
  [[nodiscard]] bool ended() const { return at_ >= places_.size(); }
  [[nodiscard]] const std::string& first() const { return places_[at_]; }
  /// Where it was left, with rows behind it that nobody looked at.
  [[nodiscard]] const std::optional<std::string>& left_at() const { return left_at_; }
  void advance() {
    if (++at_ >= places_.size() && !over_) read_ahead();
  }

private:
  void read_ahead() {
    places_.clear();
    at_ = 0;
    over_ = true;
    std::size_t looked_at = 0;
    disk_.scan(family::state, from_, keys::after_prefix(part_.prefix), [&](std::string_view key, std::string_view value) {
      const auto place = key.substr(part_.prefix.size());
      if (wanted_.matches(value)) places_.emplace_back(place);
      if (places_.size() < wanted_.limit + 1 && ++looked_at < rows_looked_at_max) return true;
      from_.assign(key);
      from_ += '\0';
      over_ = places_.empty();  // nothing in so many rows: the page ends here rather than the server
      if (over_) left_at_ = place;
      return false;
    });
  }

  const store& disk_;
  const rows_wanted& wanted_;
  const rows_part& part_;
  std::string from_;
  std::vector<std::string> places_;
  std::optional<std::string> left_at_;
  std::size_t at_ = 0;
  bool over_ = false;
};

}  // namespace

rows_page read_rows(const store& disk, const rows_wanted& wanted) {
  std::vector<part_reader> parts;
  parts.reserve(wanted.parts.size());
  for (const auto& part : wanted.parts) parts.emplace_back(disk, wanted, part);
  const auto later = [&](std::size_t a, std::size_t b) { return parts[b].first() < parts[a].first(); };
  std::priority_queue<std::size_t, std::vector<std::size_t>, decltype(later)> next(later);
  std::optional<std::string> end;  // no row behind it is on this page: another part wasn't looked at so far
  const auto keep_end = [&](const part_reader& part) {
    if (const auto& left = part.left_at(); left && (!end || *left < *end)) end = left;
  };
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (!parts[i].ended()) next.push(i);
    keep_end(parts[i]);
  }

  rows_page page;
  while (!next.empty() && page.rows.size() < wanted.limit) {
    const auto part = next.top();
    const auto& place = parts[part].first();
    if (end && place > *end) break;
    next.pop();
    if (page.rows.empty() || page.rows.back().place != place) page.rows.push_back({parts[part].inbox(), place});
    parts[part].advance();
    if (!parts[part].ended()) next.push(part);
    keep_end(parts[part]);
  }
  if (page.rows.size() == wanted.limit && !next.empty())
    page.next = page.rows.back().place;
  else
    page.next = std::move(end);
  return page;
}

std::vector<std::uint64_t> ids_with_rows(const store& disk, const std::string& prefix) {
  std::vector<std::uint64_t> all;
  const auto end = keys::after_prefix(prefix);
  for (auto from = prefix;;) {
    std::optional<std::uint64_t> found;
    disk.scan(family::state, from, end, [&](std::string_view key, std::string_view) {
      found = keys::read_be64(key.substr(prefix.size()));
      return false;
    });
    if (!found) return all;
    all.push_back(*found);
    from = prefix;
    keys::append_be64(from, *found);
    from = keys::after_prefix(from);
  }
}

std::vector<inbox_id> inboxes_with_rows(const store& disk, const std::string& prefix) {
  std::vector<inbox_id> all;
  for (const auto id : ids_with_rows(disk, prefix)) all.push_back(inbox_id{id});
  return all;
}

}  // namespace signalbox

#include "actors/inbox_rows.hpp"

#include <queue>

#include "storage/keys.hpp"

namespace signalbox {

namespace {

/// One inbox's part of a list, read ahead a piece at a time.
class inbox_part {
public:
  inbox_part(const store& disk, const rows_wanted& wanted, inbox_id inbox)
      : disk_(disk), wanted_(wanted), prefix_(wanted.prefix(inbox)), from_(prefix_) {
    if (!wanted.after.empty()) {
      from_ += wanted.after;
      from_ += '\0';
    }
    advance();
  }

  [[nodiscard]] bool ended() const { return at_ >= places_.size(); }
  [[nodiscard]] const std::string& first() const { return places_[at_]; }
  void advance() {
    if (++at_ < places_.size() || over_) return;
    places_.clear();
    at_ = 0;
    over_ = true;
    std::size_t looked_at = 0;
    disk_.scan(family::state, from_, keys::after_prefix(prefix_), [&](std::string_view key, std::string_view value) {
      if (wanted_.matches(value)) places_.emplace_back(key.substr(prefix_.size()));
      if (places_.size() < wanted_.limit + 1 && ++looked_at < rows_looked_at_max) return true;
      from_.assign(key);
      from_ += '\0';
      over_ = places_.empty();  // nothing in so many rows: the page ends here rather than the server
      return false;
    });
  }

private:
  const store& disk_;
  const rows_wanted& wanted_;
  std::string prefix_, from_;
  std::vector<std::string> places_;
  std::size_t at_ = 0;
  bool over_ = false;
};

}  // namespace

rows_page read_rows(const store& disk, const rows_wanted& wanted) {
  std::vector<inbox_part> parts;
  parts.reserve(wanted.inboxes.size());
  for (const auto inbox : wanted.inboxes) parts.emplace_back(disk, wanted, inbox);
  const auto later = [&](std::size_t a, std::size_t b) { return parts[b].first() < parts[a].first(); };
  std::priority_queue<std::size_t, std::vector<std::size_t>, decltype(later)> next(later);
  for (std::size_t i = 0; i < parts.size(); ++i)
    if (!parts[i].ended()) next.push(i);

  rows_page page;
  while (!next.empty() && page.rows.size() < wanted.limit) {
    const auto part = next.top();
    next.pop();
    page.rows.push_back({wanted.inboxes[part], parts[part].first()});
    parts[part].advance();
    if (!parts[part].ended()) next.push(part);
  }
  page.more = !next.empty();
  return page;
}

}  // namespace signalbox

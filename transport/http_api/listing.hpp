/// Lists: `?limit=&after=` → `{"items":[…],"next":…}`.
#pragma once

#include <algorithm>
#include <queue>
#include <string>
#include <vector>

#include "transport/http_api/call.hpp"
#include "transport/wire/json_out.hpp"

namespace signalbox {

inline constexpr std::size_t page_items_default = 50;
inline constexpr std::size_t page_items_max = 200;

/// The query parameters of one call; what is wrong with them is gathered, with pointers as if they were an object's members.
class query_reader {
public:
  explicit query_reader(const call& of) : of_(of) {}

  /// 1 to `page_items_max`.
  [[nodiscard]] std::size_t limit();
  [[nodiscard]] std::optional<std::string_view> text(std::string_view name) const { return of_.request.parameter(name); }
  template <class Id>
  [[nodiscard]] std::optional<Id> id(std::string_view name) {
    const auto given = text(name);
    if (!given) return std::nullopt;
    auto known = parse_id<Id>(*given);
    if (!known) fault(name, "must be an id that begins with " + std::string{tag_of<Id>::type::prefix});
    return known;
  }
  template <class Word>
  [[nodiscard]] std::optional<Word> word(std::string_view name, std::optional<Word> (*parse)(std::string_view),
                                         std::string_view allowed) {
    const auto given = text(name);
    if (!given) return std::nullopt;
    auto known = parse(*given);
    if (!known) fault(name, "must be " + std::string{allowed});
    return known;
  }
  /// The id that `after` names.
  template <class Id>
  [[nodiscard]] std::optional<Id> after() {
    const auto given = text("after");
    if (!given || given->empty()) return std::nullopt;
    auto known = parse_id<Id>(*given);
    if (!known) fault("after", "must be the next of a page before");
    return known;
  }
  void fault(std::string_view name, std::string detail) { faults_.push_back({"/" + std::string{name}, std::move(detail)}); }
  [[nodiscard]] std::optional<refusal> faults() const {
    if (faults_.empty()) return std::nullopt;
    return refusal{refusal_code::invalid, "the query is not valid", faults_};
  }

private:
  const call& of_;
  std::vector<field_error> faults_;
};

/// Closes a list that `out` holds the items of, after `{"items":[`.
inline void append_next(std::string& out, const std::optional<std::string>& next) {
  out += R"(],"next":)";
  if (next) {
    append_json_string(out, *next);
  } else {
    out += "null";
  }
  out += '}';
}

/// Answers one page of a configuration's map, ordered by id. `visible(const T&)` says what the caller may see,
/// `append(std::string&, const T&)` writes one. One look at each: O(n log limit), however far into the list.
template <class Map, class Visible, class Append>
void answer_page(call& of, const Map& all, Visible visible, Append append) {
  using T = typename Map::mapped_type;
  query_reader query{of};
  const auto limit = query.limit();
  const auto after = query.after<typename Map::key_type>();
  if (const auto no = query.faults()) return of.refuse(*no);

  const auto by_id = [](const T* a, const T* b) { return (a->id) < b->id; };
  std::priority_queue<const T*, std::vector<const T*>, decltype(by_id)> smallest{
      by_id};  // one more than asked for: is there a next
  all.for_each([&](const T& one) {
    if (after && !(*after < one.id)) return;
    if (smallest.size() > limit && !((one.id) < smallest.top()->id)) return;
    if (!visible(one)) return;
    smallest.push(&one);
    if (smallest.size() > limit + 1) smallest.pop();
  });
  const bool more = smallest.size() > limit;
  if (more) smallest.pop();
  std::vector<const T*> items;
  for (; !smallest.empty(); smallest.pop()) items.push_back(smallest.top());
  std::reverse(items.begin(), items.end());

  std::string out = R"({"items":[)";
  for (const auto* one : items) {
    if (one != items.front()) out += ',';
    append(out, *one);
  }
  append_next(out, more ? std::optional{to_text(items.back()->id)} : std::nullopt);
  of.answer(json_answer(200, std::move(out)));
}

}  // namespace signalbox

/// Reading a request's JSON body into typed values. Everything wrong is gathered, so that a client sees all of it at once.
#pragma once

#include <boost/json/fwd.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/ids.hpp"
#include "rules/refusal.hpp"
#include "rules/time.hpp"

namespace signalbox {

/// What was found wrong, at most `body_faults_max` of it: a hostile body must not make an answer larger than itself.
inline constexpr std::size_t body_faults_max = 100;

/// The members of one JSON object. A reader of a member gives nothing when it is absent; when it is there and wrong, it notes
/// the fault and gives nothing too. Unknown members are ignored; of a member given twice the last one counts.
/// Valid as long as the `request_body` that it comes from.
class object_reader {
public:
  /// `members` null: reads as an empty object, after a fault that was noted already.
  object_reader(const boost::json::object* members, std::string pointer, std::vector<field_error>& faults)
      : members_(members), pointer_(std::move(pointer)), faults_(&faults) {}

  [[nodiscard]] bool has(std::string_view key) const;
  [[nodiscard]] bool is_null(std::string_view key) const;
  [[nodiscard]] std::vector<std::string> keys() const;
  /// Notes a fault of the member `key`; with an empty `key` of the object itself.
  void fault(std::string_view key, std::string detail) const;
  /// Notes a fault for each of `keys` that is absent.
  void require(std::initializer_list<std::string_view> keys) const;

  [[nodiscard]] std::optional<std::string> text(std::string_view key, std::size_t bytes_max) const;
  [[nodiscard]] std::optional<bool> flag(std::string_view key) const;
  [[nodiscard]] std::optional<std::uint64_t> number(std::string_view key, std::uint64_t least, std::uint64_t most) const;
  [[nodiscard]] std::optional<time_point> time(std::string_view key) const;
  /// `parse` gives nothing for a word that isn't one of `allowed`, a phrase for people.
  template <class Word>
  [[nodiscard]] std::optional<Word> word(std::string_view key, std::optional<Word> (*parse)(std::string_view),
                                         std::string_view allowed) const {
    const auto given = text(key, word_bytes_max);
    if (!given) return std::nullopt;
    auto known = parse(*given);
    if (!known) fault(key, "must be " + std::string{allowed});
    return known;
  }
  template <class Id>
  [[nodiscard]] std::optional<Id> id(std::string_view key) const {
    const auto given = text(key, word_bytes_max);
    if (!given) return std::nullopt;
    auto known = parse_id<Id>(*given);
    if (!known) fault(key, "must be an id that begins with " + std::string{tag_of<Id>::type::prefix});
    return known;
  }
  template <class Id>
  [[nodiscard]] std::optional<std::vector<Id>> ids(std::string_view key, std::size_t items_max) const {
    const auto given = texts(key, items_max);
    if (!given) return std::nullopt;
    std::vector<Id> all;
    all.reserve(given->size());
    for (std::size_t i = 0; i < given->size(); ++i) {
      if (!(*given)[i]) continue;
      if (const auto known = parse_id<Id>(*(*given)[i])) {
        all.push_back(*known);
      } else {
        fault(std::string{key} + "/" + std::to_string(i),
              "must be an id that begins with " + std::string{tag_of<Id>::type::prefix});
      }
    }
    return all;
  }
  /// An item that is no string is noted as a fault and absent.
  [[nodiscard]] std::optional<std::vector<std::optional<std::string>>> texts(std::string_view key, std::size_t items_max) const;
  [[nodiscard]] std::optional<object_reader> object(std::string_view key) const;
  [[nodiscard]] std::optional<std::vector<object_reader>> objects(std::string_view key, std::size_t items_max) const;
  /// The member as JSON, compact.
  [[nodiscard]] std::optional<std::string> raw(std::string_view key) const;

  static constexpr std::size_t word_bytes_max = 64;

private:
  [[nodiscard]] const boost::json::value* find(std::string_view key) const;
  [[nodiscard]] const boost::json::array* array(std::string_view key, std::size_t items_max) const;

  const boost::json::object* members_;
  std::string pointer_;
  std::vector<field_error>* faults_;
};

/// A body that should be one JSON object.
class request_body {
public:
  explicit request_body(std::string_view text);
  ~request_body();
  request_body(const request_body&) = delete;
  request_body& operator=(const request_body&) = delete;

  [[nodiscard]] object_reader members();
  /// `invalid` with all faults noted so far; nothing when there are none.
  [[nodiscard]] std::optional<refusal> faults() const;

private:
  struct document;
  std::unique_ptr<document> document_;
  std::vector<field_error> faults_;
};

}  // namespace signalbox

/// Changes of the configuration, as the resources ask for them.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "rules/account_changes.hpp"
#include "transport/http_api/call.hpp"

namespace signalbox {

/// The version that If-Match names, `"3"` or 3; nothing without that header or for `*`. A text that can't be a version of ours
/// matches none: `version_conflict`.
[[nodiscard]] outcome<maybe<version_number>> read_if_match(const call& of);

/// Refuses the call when If-Match names another version than `now` and gives true. For deletions; a change carries its
/// version with it and is checked by the account itself.
[[nodiscard]] bool refused_as_stale(call& of, version_number now);

/// The caller's Idempotency-Key as the edge is to know it: a key is the path's.
[[nodiscard]] inline std::optional<std::string> key_of_call(const call& of) {
  if (!of.key) return std::nullopt;
  return of.request.target + ' ' + *of.key;
}

/// Asks for `what`. The answer is `show(const account_config&, const T&)` of the resource it made or changed.
template <class T, class Map, class Show>
void change_resource(const call_pointer& of, account_change&& what, Map account_config::*where, Show show,
                     std::optional<std::string>&& password = std::nullopt) {
  auto key = key_of_call(*of);
  of->behind.change(of->by, std::move(what), std::move(password), std::move(key),
                    answer_with<changed>(of, [where, show = std::move(show)](call& asked, changed& now) {
                      const auto* id = std::get_if<decltype(T::id)>(&now.first);
                      const auto* resource = id != nullptr ? ((*now.config).*where).find(*id) : nullptr;
                      if (resource == nullptr)
                        return problem_answer(refuse(refusal_code::not_found, "what this made is deleted since"),
                                              asked.request.request_id);
                      return show(*now.config, *resource);
                    }));
}

/// Asks for a deletion; answers 204.
inline void delete_resource(const call_pointer& of, account_change&& what) {
  of->behind.change(of->by, std::move(what), std::nullopt, std::nullopt,
                    answer_with<changed>(of, [](call&, changed&) { return empty_answer(); }));
}

}  // namespace signalbox

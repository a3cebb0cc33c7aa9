#include "rules/resource_change.hpp"

#include "rules/words.hpp"

namespace signalbox {
namespace {

constexpr words<resource_kind, 10> kinds_of_resources{
    {"account", "user", "team", "inbox", "channel", "token", "webhook", "pipeline", "contact", "ticket"}};
constexpr words<change_kind, 4> kinds_of_changes{{"created", "changed", "deleted", "merged"}};

}  // namespace

std::string_view to_text(resource_kind of) { return kinds_of_resources.of(of); }
std::string_view to_text(change_kind of) { return kinds_of_changes.of(of); }

}  // namespace signalbox

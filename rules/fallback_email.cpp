#include "rules/fallback_email.hpp"

#include "rules/words.hpp"

namespace signalbox {
namespace {

constexpr words<from_name_mode, 2> from_name_modes{{"agent_and_company", "company"}};
constexpr words<from_address_mode, 2> from_address_modes{{"default", "custom"}};

}  // namespace

std::string_view to_text(from_name_mode of) { return from_name_modes.of(of); }
std::string_view to_text(from_address_mode of) { return from_address_modes.of(of); }

std::optional<from_name_mode> parse_from_name_mode(std::string_view text) { return from_name_modes.parse(text); }
std::optional<from_address_mode> parse_from_address_mode(std::string_view text) { return from_address_modes.parse(text); }

}  // namespace signalbox

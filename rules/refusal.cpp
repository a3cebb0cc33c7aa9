#include "rules/refusal.hpp"

namespace signalbox {

std::string_view to_text(refusal_code code) {
  switch (code) {
    case refusal_code::invalid:
      return "invalid";
    case refusal_code::unauthorized:
      return "unauthorized";
    case refusal_code::access_denied:
      return "access_denied";
    case refusal_code::view_only:
      return "view_only";
    case refusal_code::not_found:
      return "not_found";
    case refusal_code::plan_limit:
      return "plan_limit";
    case refusal_code::seat_required:
      return "seat_required";
    case refusal_code::channel_off:
      return "channel_off";
    case refusal_code::from_name_taken:
      return "from_name_taken";
    case refusal_code::address_unverified:
      return "address_unverified";
    case refusal_code::address_taken:
      return "address_taken";
    case refusal_code::version_conflict:
      return "version_conflict";
    case refusal_code::conflict:
      return "conflict";
    case refusal_code::rate_limited:
      return "rate_limited";
    case refusal_code::too_large:
      return "too_large";
    case refusal_code::unavailable:
      return "unavailable";
    case refusal_code::internal:
      return "internal";
  }
  return "internal";
}

}  // namespace signalbox

// Refusals as problems (RFC 9457).
#include "transport/wire/json_out.hpp"

namespace signalbox {

int http_status(refusal_code of) {
  switch (of) {
    case refusal_code::invalid:
      return 422;
    case refusal_code::unauthorized:
      return 401;
    case refusal_code::access_denied:
    case refusal_code::view_only:
    case refusal_code::plan_limit:
    case refusal_code::seat_required:
      return 403;
    case refusal_code::not_found:
      return 404;
    case refusal_code::channel_off:
    case refusal_code::from_name_taken:
    case refusal_code::address_unverified:
    case refusal_code::address_taken:
    case refusal_code::conflict:
      return 409;
    case refusal_code::version_conflict:
      return 412;
    case refusal_code::rate_limited:
      return 429;
    case refusal_code::too_large:
      return 413;
    case refusal_code::unavailable:
      return 503;
    case refusal_code::internal:
      return 500;
  }
  return 500;
}

std::string_view problem_title(refusal_code of) {
  switch (of) {
    case refusal_code::invalid:
      return "The request is not valid";
    case refusal_code::unauthorized:
      return "Not authenticated";
    case refusal_code::access_denied:
      return "Access denied";
    case refusal_code::view_only:
      return "May view, not act";
    case refusal_code::not_found:
      return "Not found";
    case refusal_code::plan_limit:
      return "Not included in the plan";
    case refusal_code::seat_required:
      return "A paid seat is required";
    case refusal_code::channel_off:
      return "The channel is switched off";
    case refusal_code::from_name_taken:
      return "The from name is taken";
    case refusal_code::address_unverified:
      return "The address is not verified";
    case refusal_code::address_taken:
      return "The address is taken";
    case refusal_code::version_conflict:
      return "Changed meanwhile";
    case refusal_code::conflict:
      return "Not possible in this state";
    case refusal_code::rate_limited:
      return "Too many requests";
    case refusal_code::too_large:
      return "Too large";
    case refusal_code::unavailable:
      return "Not available at the moment";
    case refusal_code::internal:
      return "A defect of the server";
  }
  return "A defect of the server";
}

namespace {

void begin_problem(std::string& out, int status, std::string_view code, std::string_view title, std::string_view detail) {
  out.append("{\"type\":\"urn:signalbox:problem:").append(code).append("\",\"title\":");
  append_json_string(out, title);
  out += ",\"status\":";
  append_number(out, static_cast<std::uint64_t>(status));
  out += ",\"detail\":";
  append_json_string(out, detail);
  out.append(",\"code\":\"").append(code) += '"';
}

}  // namespace

void append_problem(std::string& out, const refusal& of, std::string_view request_id) {
  begin_problem(out, http_status(of.code), to_text(of.code), problem_title(of.code), of.detail);
  if (of.code == refusal_code::invalid) {
    out += ",\"errors\":[";
    for (const auto& error : of.errors) {
      if (&error != &of.errors.front()) out += ',';
      out += "{\"pointer\":";
      append_json_string(out, error.pointer);
      out += ",\"detail\":";
      append_json_string(out, error.detail);
      out += '}';
    }
    out += ']';
  }
  if (!request_id.empty()) append_json_string(out.append(",\"request_id\":"), request_id);
  out += '}';
}

void append_problem(std::string& out, int status, std::string_view code, std::string_view title, std::string_view detail,
                    std::string_view request_id) {
  begin_problem(out, status, code, title, detail);
  if (!request_id.empty()) append_json_string(out.append(",\"request_id\":"), request_id);
  out += '}';
}

}  // namespace signalbox

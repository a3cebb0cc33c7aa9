#include "transport/http_text.hpp"

#include <simdjson.h>

#include <array>
#include <atomic>
#include <chrono>
#include <ctime>

#include "rules/ids.hpp"
#include "transport/wire/json_out.hpp"

namespace signalbox {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::string> percent_decoded(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '+' && plus_is_space) {
      out += ' ';
    } else if (text[at] != '%') {
      out += text[at];
    } else {
      if (text.size() < at + 3) return std::nullopt;
      const int high = hex_digit(text[at + 1]), low = hex_digit(text[at + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      out += static_cast<char>(high << 4 | low);
      at += 2;
    }
  }
  if (out.find('\0') != std::string::npos || !simdjson::validate_utf8(out.data(), out.size())) return std::nullopt;
  return out;
}

/// Calls `visit(part)` for each part between separators until it gives false.
template <class Visit>
bool split(std::string_view text, char separator, Visit&& visit) {
  while (true) {
    const auto end = text.find(separator);
    if (!visit(text.substr(0, end))) return false;
    if (end == std::string_view::npos) return true;
    text.remove_prefix(end + 1);
  }
}

}  // namespace

bool read_target(http_request_view& to) {
  std::string_view target = to.target;
  if (target.empty() || target.front() != '/') return false;
  target = target.substr(0, target.find('#'));
  const auto question = target.find('?');
  const auto add_segment = [&](std::string_view part) {
    auto segment = percent_decoded(part, false);
    if (segment) to.path.push_back(std::move(*segment));
    return segment.has_value();
  };
  if (!split(target.substr(1, question == std::string_view::npos ? std::string_view::npos : question - 1), '/', add_segment))
    return false;
  if (question == std::string_view::npos) return true;
  return split(target.substr(question + 1), '&', [&](std::string_view part) {
    if (part.empty()) return true;
    const auto equals = part.find('=');
    auto name = percent_decoded(part.substr(0, equals), true);
    auto value = percent_decoded(equals == std::string_view::npos ? std::string_view{} : part.substr(equals + 1), true);
    if (!name || !value) return false;
    to.query.emplace_back(std::move(*name), std::move(*value));
    return true;
  });
}

void append_answer(std::string& out, const http_answer& answer, const answer_head& head) {
  const bool bodiless = answer.status == 204 || answer.status == 304;
  out.reserve(out.size() + 320 + answer.body.size());
  out += "HTTP/1.1 ";
  append_number(out, static_cast<std::uint64_t>(answer.status));
  out.append(" ").append(reason_phrase(answer.status)).append("\r\nServer: ").append(head.server_name);
  out.append("\r\nDate: ").append(head.date).append("\r\nX-Request-Id: ").append(head.request_id);
  if (!answer.content_type.empty() && !bodiless) out.append("\r\nContent-Type: ").append(answer.content_type);
  for (const auto& [name, value] : answer.headers) {
    if (name.find_first_of("\r\n") != std::string::npos || value.find_first_of("\r\n") != std::string::npos) continue;
    out.append("\r\n").append(name).append(": ").append(value);
  }
  if (!bodiless) {
    out += "\r\nContent-Length: ";
    append_number(out, answer.body.size());
  }
  out += head.keep_alive ? "\r\n\r\n" : "\r\nConnection: close\r\n\r\n";
  if (!bodiless && !head.head_only) out += answer.body;
}

std::string_view reason_phrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 422:
      return "Unprocessable Content";
    case 426:
      return "Upgrade Required";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    default:
      return status < 300 ? "Success" : status < 400 ? "Redirection" : status < 500 ? "Client Error" : "Server Error";
  }
}

std::string_view http_date() {
  thread_local std::time_t known = 0;
  thread_local std::array<char, 32> text{};
  thread_local std::size_t size = 0;
  const auto now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  if (now != known) {
    std::tm parts{};
    gmtime_r(&now, &parts);
    size = std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
    known = now;
  }
  return {text.data(), size};
}

std::string request_id_of(std::optional<std::string_view> given) {
  constexpr std::string_view decent = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.:";
  if (given && !given->empty() && given->size() <= 64 && given->find_first_not_of(decent) == given->npos)
    return std::string{*given};
  static std::atomic<std::uint64_t> last =
      static_cast<std::uint64_t>(std::chrono::system_clock::now().time_since_epoch().count());
  std::string out = "req_";
  append_id_digits(out, ++last);
  return out;
}

http_answer problem_answer(int status, std::string_view code, std::string_view title, std::string_view detail,
                           std::string_view request_id) {
  http_answer out{status, "application/problem+json", {}, {}};
  append_problem(out.body, status, code, title, detail, request_id);
  return out;
}

std::string_view method_label(std::string_view method) {
  constexpr std::array<std::string_view, 7> known{"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"};
  for (const auto each : known)
    if (each == method) return each;
  return "other";
}

}  // namespace signalbox

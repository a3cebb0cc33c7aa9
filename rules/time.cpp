#include "rules/time.hpp"

#include <algorithm>

namespace signalbox {
namespace {

void append_digits(std::string& out, unsigned value, unsigned count) {
  const auto at = out.size();
  out.append(count, '0');
  for (auto place = at + count; place-- > at; value /= 10) out[place] = static_cast<char>('0' + value % 10);
}

/// Eats its way through the text; one wrong character and it stays broken.
class reader {
public:
  explicit reader(std::string_view rest) : rest_(rest) {}

  int digits(std::size_t count) {
    int value = 0;
    for (; count > 0; --count) {
      if (!at_digit()) return fail();
      value = value * 10 + (rest_.front() - '0');
      rest_.remove_prefix(1);
    }
    return value;
  }

  void one_of(std::string_view allowed) {
    if (!take(allowed)) fail();
  }

  /// The character, if it is one of those that are allowed.
  std::optional<char> take(std::string_view allowed) {
    if (rest_.empty() || allowed.find(rest_.front()) == std::string_view::npos) return std::nullopt;
    const char taken = rest_.front();
    rest_.remove_prefix(1);
    return taken;
  }

  [[nodiscard]] bool at_digit() const { return !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9'; }
  [[nodiscard]] bool read_all() const { return sound_ && rest_.empty(); }

private:
  int fail() {
    sound_ = false;
    return 0;
  }

  std::string_view rest_;
  bool sound_ = true;
};

/// After the point: 1 to 9 digits, of which three count.
milliseconds read_fraction(reader& in) {
  int value = in.digits(1) * 100;
  for (int place = 1, weight = 10; place < 9 && in.at_digit(); ++place, weight /= 10) value += in.digits(1) * weight;
  return milliseconds{value};
}

}  // namespace

void append_time(std::string& out, time_point at) {
  // Four digits for the year whatever comes: a reader relies on the length.
  at = std::clamp(at, earliest_time, latest_time + std::chrono::days{1} - milliseconds{1});
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{at - day};
  append_digits(out, static_cast<unsigned>(static_cast<int>(date.year())), 4);
  out += '-';
  append_digits(out, static_cast<unsigned>(date.month()), 2);
  out += '-';
  append_digits(out, static_cast<unsigned>(date.day()), 2);
  out += 'T';
  append_digits(out, static_cast<unsigned>(clock.hours().count()), 2);
  out += ':';
  append_digits(out, static_cast<unsigned>(clock.minutes().count()), 2);
  out += ':';
  append_digits(out, static_cast<unsigned>(clock.seconds().count()), 2);
  out += '.';
  append_digits(out, static_cast<unsigned>(clock.subseconds().count()), 3);
  out += 'Z';
}

std::string to_text(time_point at) {
  std::string out;
  append_time(out, at);
  return out;
}

std::optional<time_point> parse_time(std::string_view text) {
  using namespace std::chrono;
  reader in{text};
  const year_month_day date = [&in] {
    const year y{in.digits(4)};
    in.one_of("-");
    const month m{static_cast<unsigned>(in.digits(2))};
    in.one_of("-");
    return y / m / day{static_cast<unsigned>(in.digits(2))};
  }();
  in.one_of("Tt");
  const hours hour{in.digits(2)};
  in.one_of(":");
  const minutes minute{in.digits(2)};
  in.one_of(":");
  const seconds second{in.digits(2)};
  const milliseconds fraction = in.take(".") ? read_fraction(in) : milliseconds{0};

  minutes offset{0};
  if (!in.take("Zz")) {
    const auto sign = in.take("+-");
    if (!sign) return std::nullopt;
    const hours offset_hours{in.digits(2)};
    in.one_of(":");
    const minutes offset_minutes{in.digits(2)};
    if (offset_hours > hours{23} || offset_minutes > minutes{59}) return std::nullopt;
    offset = offset_hours + offset_minutes;
    if (*sign == '-') offset = -offset;
  }
  // A 60th second is a leap second; it is told as the first of the next minute.
  if (!in.read_all() || !date.ok() || hour > hours{23} || minute > minutes{59} || second > seconds{60}) return std::nullopt;
  const time_point at = sys_days{date} + hour + minute + second + fraction - offset;
  if (at < earliest_time || at > latest_time) return std::nullopt;
  return at;
}

}  // namespace signalbox

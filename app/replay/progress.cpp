#include "app/replay/progress.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

namespace signalbox {

namespace {

constexpr std::size_t lines_a_tick = 12;

/// Cut to so many characters of UTF-8, control characters shown as spaces: the texts come from a file.
std::string fitted(const std::string& line, std::size_t width) {
  std::string out;
  std::size_t characters = 0;
  for (const char c : line) {
    const bool begins = (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    if (begins && ++characters > width) break;
    out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
  }
  return out;
}

}  // namespace

progress::progress(std::size_t turns_in_all)
    : turns_in_all_(std::max<std::size_t>(turns_in_all, 1)),
      terminal_(isatty(STDERR_FILENO) == 1),
      started_(std::chrono::steady_clock::now()),
      last_line_(started_) {
  winsize size{};
  if (terminal_ && ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20) width_ = size.ws_col;
}

void progress::tell(const std::string& line) {
  if (++told_ > lines_a_tick) {
    ++not_told_;
    return;
  }
  clear_bar();
  fmt::print(stderr, "{}\n", terminal_ ? fitted(line, width_ - 1) : fitted(line, 400));
}

void progress::clear_bar() {
  if (std::exchange(bar_shown_, false)) fmt::print(stderr, "\r\033[K");
}

void progress::tick(const tally& counted, bool connected, steady_time now) {
  if (not_told_ > 0) {
    clear_bar();
    fmt::print(stderr, "  … {} more\n", not_told_);
  }
  told_ = not_told_ = 0;
  if (terminal_) {
    draw(counted, connected, now);
    return;
  }
  const auto done = counted.received + counted.deliveries;
  const auto tenths = std::min<std::size_t>(10 * done / turns_in_all_, 10);
  if (tenths <= tenths_said_ && now - last_line_ < std::chrono::seconds(5)) return;
  tenths_said_ = std::max(tenths_said_, tenths);
  last_line_ = now;
  draw(counted, connected, now);
}

void progress::draw(const tally& counted, bool connected, steady_time now) {
  const auto done = counted.received + counted.deliveries;
  const auto seconds = std::chrono::duration<double>(now - started_).count();
  const auto figures = fmt::format(
      "{:3}%  {} of {} turns, {:.0f}/s, {} closed{}", std::min<std::size_t>(100 * done / turns_in_all_, 100), done, turns_in_all_,
      static_cast<double>(done) / std::max(seconds, 0.001), counted.closed, connected ? "" : ", connecting …");
  if (!terminal_) {
    fmt::print(stderr, "{}\n", figures);
    return;
  }
  const auto room = width_ > figures.size() + 12 ? std::min<std::size_t>(width_ - figures.size() - 6, 30) : 0;
  const auto filled = std::min(room * done / turns_in_all_, room);
  const auto bar = room == 0 ? std::string() : fmt::format("[{:#<{}}{:-<{}}] ", "", filled, "", room - filled);
  fmt::print(stderr, "\r\033[K{}", fitted(bar + figures, width_ - 1));
  bar_shown_ = true;
}

void progress::finish(const tally& counted, steady_time now) {
  tick(counted, true, now);
  if (std::exchange(bar_shown_, false)) fmt::print(stderr, "\n");
}

}  // namespace signalbox

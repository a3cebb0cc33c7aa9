#include "transport/wire/base64.hpp"

#include <array>

namespace signalbox {
namespace {

constexpr std::array<bool, 256> in_alphabet = [] {
  std::array<bool, 256> known{};
  for (const unsigned char c : std::string_view{"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"})
    known[c] = true;
  return known;
}();

}  // namespace

bool is_base64(std::string_view text) {
  if (text.size() % 4 != 0) return false;
  if (text.ends_with('=')) text.remove_suffix(text.ends_with("==") ? 2 : 1);
  bool all = true;  // looked at to the end: the loop has no branch, since most are whole
  for (const unsigned char c : text) all &= in_alphabet[c];
  return all;
}

}  // namespace signalbox

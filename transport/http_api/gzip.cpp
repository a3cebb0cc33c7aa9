#include "transport/http_api/gzip.hpp"

#define ZLIB_CONST  // zlib reads its input and doesn't write to it
#include <zlib.h>

#include <algorithm>

#include "rules/text.hpp"

namespace signalbox {

namespace {

/// Calls `visit(part)` for what stands between separators, trimmed.
template <class Visit>
void for_each_part(std::string_view text, char separator, Visit visit) {
  while (true) {
    const auto end = text.find(separator);
    visit(trimmed(text.substr(0, end)));
    if (end == std::string_view::npos) return;
    text.remove_prefix(end + 1);
  }
}

/// `q=0`, `q=0.000`: not wanted. Anything else that can't be read counts as wanted, which is the default.
bool weighs_nothing(std::string_view weight) {
  return weight.starts_with('0') && weight.find_first_not_of("0.") == std::string_view::npos;
}

/// Empty: zlib had no memory for it.
std::string packed(std::string_view plain) {
  constexpr int quick = 3, gzip_window_bits = 15 + 16, memory_level = 8;
  z_stream stream{};
  if (deflateInit2(&stream, quick, Z_DEFLATED, gzip_window_bits, memory_level, Z_DEFAULT_STRATEGY) != Z_OK) return {};
  std::string out(deflateBound(&stream, plain.size()), '\0');
  stream.next_in = reinterpret_cast<const Bytef*>(plain.data());
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const bool whole = deflate(&stream, Z_FINISH) == Z_STREAM_END;
  out.resize(whole ? stream.total_out : 0);
  deflateEnd(&stream);
  return out;
}

}  // namespace

bool accepts_gzip(std::optional<std::string_view> accept_encoding) {
  std::optional<bool> named, any;
  for_each_part(accept_encoding.value_or(""), ',', [&](std::string_view coding) {
    const auto name = trimmed(coding.substr(0, coding.find(';')));
    bool wanted = true;
    for_each_part(coding, ';', [&](std::string_view parameter) {
      if (parameter.starts_with("q=") || parameter.starts_with("Q=")) wanted = !weighs_nothing(parameter.substr(2));
    });
    if (same_header(name, "gzip") || same_header(name, "x-gzip")) named = wanted;
    if (name == "*") any = wanted;
  });
  return named.value_or(any.value_or(false));
}

void pack(http_answer& answer, bool wanted) {
  if (answer.body.size() < gzip_bytes_min) return;
  answer.headers.emplace_back("Vary", "Accept-Encoding");
  if (!wanted) return;
  auto small = packed(answer.body);
  if (small.empty() || small.size() >= answer.body.size()) return;
  answer.body = std::move(small);
  answer.headers.emplace_back("Content-Encoding", "gzip");
}

}  // namespace signalbox

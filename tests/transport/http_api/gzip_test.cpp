#include "transport/http_api/gzip.hpp"

#include <zlib.h>

#include "tests/transport/http_api/api_rig.hpp"

namespace signalbox {
namespace {

std::string unpacked(const std::string& packed) {
  z_stream stream{};
  EXPECT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
  std::string in = packed, out(1 << 20, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  inflateEnd(&stream);
  return out;
}

class Gzip : public api_rig {};

TEST(AcceptEncoding, IsReadWithItsWeights) {
  for (const auto* yes : {"gzip", "GZIP", "x-gzip", "deflate, gzip", "gzip;q=0.5", "br;q=1.0, gzip; q=0.1", "*",
                          "identity, *;q=0.3", " gzip ", "gzip;q=1.000"})
    EXPECT_TRUE(accepts_gzip(yes)) << yes;
  for (const auto* no :
       {"", "identity", "br, deflate", "gzip;q=0", "gzip;q=0.000, *", "*;q=0", "gzip ; q=0", "gzipped", "not-gzip"})
    EXPECT_FALSE(accepts_gzip(no)) << no;
  EXPECT_FALSE(accepts_gzip(std::nullopt));
}

TEST(Pack, RepetitiveTextComesBackAsItWas) {
  std::string text;
  for (int i = 0; i < 5000; ++i) text += "line " + std::to_string(i) + '\n';
  http_answer answer{200, "text/plain", text, {}, {}};
  pack(answer, true);
  EXPECT_LT(answer.body.size(), text.size() / 2);
  EXPECT_EQ(unpacked(answer.body), text);
}

TEST(Pack, WhatGetsNoSmallerStaysAsItIs) {
  std::string noise;
  unsigned state = 1;
  for (int i = 0; i < 4096; ++i) noise += static_cast<char>((state = state * 1664525u + 1013904223u) >> 24);
  http_answer answer{200, "application/octet-stream", noise, {}, {}};
  pack(answer, true);
  EXPECT_EQ(answer.body, noise);
  for (const auto& [name, value] : answer.headers) EXPECT_NE(name, "Content-Encoding");
}

TEST_F(Gzip, LongAnswersArePackedForThoseWhoTakeIt) {
  const auto plain = ask("", "GET", "/v1/openapi.yaml");
  EXPECT_EQ(plain.header("content-encoding"), "absent");
  EXPECT_EQ(plain.header("vary"), "Accept-Encoding");
  const auto packed = ask("", "GET", "/v1/openapi.yaml", "", {{"Accept-Encoding", "gzip, br"}});
  EXPECT_EQ(packed.header("content-encoding"), "gzip");
  EXPECT_EQ(packed.header("vary"), "Accept-Encoding");
  EXPECT_EQ(packed.answer.content_type, plain.answer.content_type);
  EXPECT_EQ(unpacked(packed.answer.body), plain.answer.body);
  const auto refused = ask("", "GET", "/v1/openapi.yaml", "", {{"Accept-Encoding", "gzip;q=0"}});
  EXPECT_TRUE(refused.answer.body == plain.answer.body);
}

TEST_F(Gzip, ShortAnswersAreNot) {
  const auto health = ask("", "GET", "/healthz", "", {{"Accept-Encoding", "gzip"}});
  EXPECT_EQ(health.header("content-encoding"), "absent");
  EXPECT_EQ(health.at("/status"), "ok");
}

}  // namespace
}  // namespace signalbox

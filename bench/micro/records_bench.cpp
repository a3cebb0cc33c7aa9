// What is written for each message and each conversation, and read back.
#include <benchmark/benchmark.h>

#include "bench/micro/sample_event.hpp"

namespace signalbox {
namespace {

void encode_message_event(benchmark::State& state) {
  const auto body = sample_body();
  const auto what = sample_message(body);
  std::string out;
  for (auto _ : state) {
    out.clear();
    encode(out, what);
    benchmark::DoNotOptimize(out);
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(out.size()));
}
BENCHMARK(encode_message_event);

void decode_message_event(benchmark::State& state) {
  const auto body = sample_body();
  std::string bytes;
  encode(bytes, sample_message(body));
  for (auto _ : state) benchmark::DoNotOptimize(decode_event(bytes));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes.size()));
}
BENCHMARK(decode_message_event);

void encode_and_decode_conversation(benchmark::State& state) {
  const stored_conversation what{
      .value = sample_conversation(), .indexed_activity = {}, .logged_seq = 3, .indexed_class = {}, .indexed_due = {}};
  std::string out;
  for (auto _ : state) {
    out.clear();
    encode(out, what);
    benchmark::DoNotOptimize(decode_conversation(out));
  }
}
BENCHMARK(encode_and_decode_conversation);

}  // namespace
}  // namespace signalbox

// A connector's frame, from text to checked messages.
#include <benchmark/benchmark.h>

#include <array>

#include "bench/load/workload.hpp"
#include "transport/wire/connector_frames.hpp"

namespace signalbox {
namespace {

void read_publish_frame(benchmark::State& state) {
  const auto messages = static_cast<std::uint32_t>(state.range(0));
  const std::array channels{channel_id{77}};
  load::workload work{{.producers = 1}, {to_text(channels[0])}};
  std::string frame = R"({"op":"publish","seq":1,"messages":[)";
  for (std::uint32_t i = 0; i < messages; ++i) {
    if (i > 0) frame += ',';
    work.append(frame, 0, i);
  }
  frame += "]}";
  const publish_scope scope{.channels = channels, .when_absent = {}};
  for (auto _ : state) {
    auto read = read_connector_frame(frame, scope);
    if (!std::holds_alternative<connector_publish>(read)) return state.SkipWithError("the frame was refused");
    benchmark::DoNotOptimize(read);
  }
  state.SetItemsProcessed(state.iterations() * messages);
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(frame.size()));
}
BENCHMARK(read_publish_frame)->Arg(1)->Arg(64)->Arg(512);

}  // namespace
}  // namespace signalbox

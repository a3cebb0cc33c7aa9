#include "rules/pipeline.hpp"

#include <algorithm>

#include "rules/words.hpp"

namespace signalbox {

namespace {

constexpr words<ticket_status, 2> statuses{{"open", "closed"}};

const pipeline* pipeline_with(const account_config& config, stage_id stage) {
  const pipeline* found = nullptr;
  config.pipelines.for_each([&](const pipeline& one) {
    if (find_stage(one, stage)) found = &one;
  });
  return found;
}

}  // namespace

std::string_view to_text(ticket_status of) { return statuses.of(of); }
std::optional<ticket_status> parse_ticket_status(std::string_view text) { return statuses.parse(text); }

pipeline default_pipeline(account_id of, time_point founded_at) {
  pipeline made;
  made.id = {of.value};
  made.name = "Support";
  made.is_default = true;
  made.created_at = founded_at;
  // No stage that is made later can have one of these: ids rise, and these lie at the account's own.
  made.stages = {{{of.value}, "New", false},
                 {{of.value + 1}, "Waiting on us", false},
                 {{of.value + 2}, "Waiting on contact", false},
                 {{of.value + 3}, "Closed", true}};
  return made;
}

const pipeline* default_pipeline_of(const account_config& config) {
  return config.pipelines.find(pipeline_id{config.account.id.value});
}

const pipeline_stage* find_stage(const pipeline& of, stage_id which) {
  const auto found =
      std::find_if(of.stages.begin(), of.stages.end(), [which](const pipeline_stage& one) { return one.id == which; });
  return found == of.stages.end() ? nullptr : &*found;
}

std::optional<ticket_place> place_in(const account_config& config, std::optional<pipeline_id> pipeline,
                                     std::optional<stage_id> stage, std::vector<field_error>& faults) {
  const auto* in = pipeline ? config.pipelines.find(*pipeline)
                   : stage  ? pipeline_with(config, *stage)
                            : default_pipeline_of(config);
  if (!in) {
    faults.push_back(pipeline ? field_error{"/pipeline", "there is no such pipeline"}
                              : field_error{"/stage", "there is no such stage"});
    return std::nullopt;
  }
  if (stage && !find_stage(*in, *stage)) {
    faults.push_back({"/stage", "there is no such stage in this pipeline"});
    return std::nullopt;
  }
  return ticket_place{in->id, stage.value_or(in->stages.front().id)};
}

ticket_place place_of(const account_config& config, const ticket_rule& rule) {
  std::vector<field_error> faults;
  if (const auto named = place_in(config, rule.pipeline, rule.stage, faults)) return *named;
  return place_in(config, std::nullopt, std::nullopt, faults).value_or(ticket_place{});
}

ticket_status status_at(const account_config& config, ticket_place place) {
  const auto* in = config.pipelines.find(place.pipeline);
  const auto* at = in ? find_stage(*in, place.stage) : nullptr;
  return at && at->closed ? ticket_status::closed : ticket_status::open;
}

std::optional<stage_id> first_stage(const account_config& config, pipeline_id in, ticket_status of) {
  if (const auto* known = config.pipelines.find(in))
    for (const auto& one : known->stages)
      if (one.closed == (of == ticket_status::closed)) return one.id;
  return std::nullopt;
}

std::vector<stage_id> closed_stages(const account_config& config) {
  std::vector<stage_id> all;
  config.pipelines.for_each([&all](const pipeline& one) {
    for (const auto& stage : one.stages)
      if (stage.closed) all.push_back(stage.id);
  });
  std::sort(all.begin(), all.end());
  return all;
}

}  // namespace signalbox

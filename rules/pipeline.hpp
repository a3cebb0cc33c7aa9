/// Section 6 of the rules: where tickets can stand.
#pragma once

#include "rules/account.hpp"
#include "rules/refusal.hpp"

namespace signalbox {

enum class ticket_status { open, closed };
[[nodiscard]] std::string_view to_text(ticket_status of);
[[nodiscard]] std::optional<ticket_status> parse_ticket_status(std::string_view text);

/// What every account has from the start: the same ids for the same account, so that one which is older than pipelines has it too.
[[nodiscard]] pipeline default_pipeline(account_id of, time_point founded_at);

[[nodiscard]] const pipeline* default_pipeline_of(const account_config& config);
[[nodiscard]] const pipeline_stage* find_stage(const pipeline& of, stage_id which);

struct ticket_place {
  pipeline_id pipeline;
  stage_id stage;
  bool operator==(const ticket_place&) const = default;
};
/// S64. Without a pipeline in the default one, without a stage in the pipeline's first; notes a fault at `/pipeline` or `/stage`
/// for one that doesn't exist, and gives nothing then. A stage may be named alone: it says its pipeline.
[[nodiscard]] std::optional<ticket_place> place_in(const account_config& config, std::optional<pipeline_id> pipeline,
                                                   std::optional<stage_id> stage, std::vector<field_error>& faults);
/// Where the rule's tickets begin. What it names is there: a named pipeline can't be deleted.
[[nodiscard]] ticket_place place_of(const account_config& config, const ticket_rule& rule);

/// By its stage; one whose stage is gone is open.
[[nodiscard]] ticket_status status_at(const account_config& config, ticket_place place);
/// The first stage of that status in a pipeline; nothing when it has none.
[[nodiscard]] std::optional<stage_id> first_stage(const account_config& config, pipeline_id in, ticket_status of);
/// Of all pipelines, sorted.
[[nodiscard]] std::vector<stage_id> closed_stages(const account_config& config);

}  // namespace signalbox

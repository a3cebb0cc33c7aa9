#include "rules/change_draft.hpp"
#include "rules/pipeline.hpp"

namespace signalbox {
namespace {

/// The stages as they will be: those that were there keep their ids.
std::vector<pipeline_stage> checked_stages(change_draft& draft, const std::vector<stage_fields>& wanted, const pipeline& before) {
  std::vector<pipeline_stage> stages;
  if (wanted.empty()) draft.fault("/stages", "a pipeline has at least one stage");
  if (wanted.size() > pipeline_stages_max) {
    draft.fault("/stages", "has more than " + std::to_string(pipeline_stages_max));
    return stages;
  }
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const auto pointer = "/stages/" + std::to_string(i);
    pipeline_stage one{wanted[i].stage.value_or(stage_id{}), draft.checked_name(wanted[i].name, pointer + "/name"),
                       wanted[i].closed};
    if (wanted[i].stage && !find_stage(before, one.id)) draft.fault(pointer + "/id", "there is no such stage in this pipeline");
    const auto same = [&one](const pipeline_stage& other) { return other.id == one.id; };
    if (wanted[i].stage && std::any_of(stages.begin(), stages.end(), same)) draft.fault(pointer + "/id", "is named twice");
    stages.push_back(std::move(one));
  }
  return stages;
}

void name_fresh_stages(change_draft& draft, std::vector<pipeline_stage>& stages) {
  for (auto& one : stages)
    if (one.id.value == 0) one.id = draft.make_id<stage_id>();
}

/// A channel whose tickets begin in one of `gone`, or in `pipeline` at all.
bool any_rule_names(const account_config& config, std::optional<pipeline_id> pipeline, const std::vector<stage_id>& gone) {
  bool named = false;
  config.channels.for_each([&](const channel& one) {
    const auto& rule = one.tickets;
    if (pipeline && rule.pipeline == pipeline) named = true;
    if (rule.stage && std::find(gone.begin(), gone.end(), *rule.stage) != gone.end()) named = true;
  });
  return named;
}

}  // namespace

std::vector<stage_id> stages_given_up(const account_config& config, const account_change& change) {
  std::vector<stage_id> gone;
  if (const auto* removed = std::get_if<delete_pipeline>(&change))
    if (const auto* before = config.pipelines.find(removed->pipeline))
      for (const auto& one : before->stages) gone.push_back(one.id);
  const auto* updated = std::get_if<update_pipeline>(&change);
  const auto* before = updated && updated->stages ? config.pipelines.find(updated->pipeline) : nullptr;
  if (!before) return gone;
  for (const auto& one : before->stages) {
    const auto same = [&one](const stage_fields& kept) { return kept.stage == one.id; };
    if (std::none_of(updated->stages->begin(), updated->stages->end(), same)) gone.push_back(one.id);
  }
  return gone;
}

change_verdict make(change_draft& draft, const create_pipeline& wanted) {
  if (!draft.may_administer()) return refuse_unprivileged();
  if (draft.next.pipelines.size() >= pipelines_max)
    return refuse(refusal_code::conflict, "an account has at most " + std::to_string(pipelines_max) + " pipelines");
  pipeline made;
  made.name = draft.checked_name(wanted.name, "/name");
  made.stages = checked_stages(draft, wanted.stages, made);
  if (auto no = draft.verdict()) return no;
  made.id = draft.make_id<pipeline_id>();
  made.created_at = draft.context.now;
  name_fresh_stages(draft, made.stages);
  draft.put(std::move(made));
  return std::nullopt;
}

change_verdict make(change_draft& draft, const update_pipeline& wanted) {
  if (!draft.may_administer()) return refuse_unprivileged();
  const auto* before = draft.next.pipelines.find(wanted.pipeline);
  if (!before) return refuse_unknown("pipeline");
  if (auto no = refuse_unless_current(wanted.if_match, before->version)) return no;
  pipeline after = *before;
  if (wanted.name) after.name = draft.checked_name(*wanted.name, "/name");
  if (wanted.stages) after.stages = checked_stages(draft, *wanted.stages, *before);
  if (auto no = draft.verdict()) return no;
  if (any_rule_names(draft.next, std::nullopt, stages_given_up(draft.next, wanted)))
    return refuse(refusal_code::conflict, "a channel's tickets begin in a stage that this takes away");
  name_fresh_stages(draft, after.stages);
  ++after.version;
  draft.put(std::move(after));
  return std::nullopt;
}

change_verdict make(change_draft& draft, const delete_pipeline& wanted) {
  if (!draft.may_administer()) return refuse_unprivileged();
  const auto* before = draft.next.pipelines.find(wanted.pipeline);
  if (!before) return refuse_unknown("pipeline");
  if (before->is_default) return refuse(refusal_code::conflict, "the account's default pipeline can't be deleted");
  if (any_rule_names(draft.next, wanted.pipeline, {}))
    return refuse(refusal_code::conflict, "a channel's tickets begin in this pipeline");
  draft.erase(wanted.pipeline);
  return std::nullopt;
}

change_verdict make(change_draft& draft, const set_tickets& wanted) {
  if (!draft.may_administer()) return refuse_unprivileged();
  const auto* before = draft.next.channels.find(wanted.channel);
  if (!before) return refuse_unknown("channel");
  if (auto no = refuse_unless_current(wanted.if_match, before->tickets.version)) return no;
  channel after = *before;
  after.tickets = wanted.rule;
  std::vector<field_error> faults;
  if (const auto place = place_in(draft.next, wanted.rule.pipeline, wanted.rule.stage, faults); place && wanted.rule.stage)
    after.tickets.pipeline = place->pipeline;
  for (auto& one : faults) draft.fault(std::move(one.pointer), std::move(one.detail));
  if (wanted.rule.owner.kind == ticket_owner::user) {
    const auto* owner = wanted.rule.owner.user ? draft.next.users.find(*wanted.rule.owner.user) : nullptr;
    if (!owner) draft.fault("/owner", "there is no such user");
    if (owner && !owner->active) draft.fault("/owner", "this user is deactivated");
  } else {
    after.tickets.owner.user.reset();
  }
  if (auto no = draft.verdict()) return no;
  after.tickets.version = before->tickets.version + 1;
  draft.put(std::move(after));
  return std::nullopt;
}

}  // namespace signalbox

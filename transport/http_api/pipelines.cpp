#include "transport/http_api/changing.hpp"
#include "transport/http_api/listing.hpp"
#include "transport/http_api/resources.hpp"
#include "transport/http_api/ticket_json.hpp"

namespace signalbox::resources {

namespace {

std::string shown(const pipeline& of) {
  std::string out;
  append_pipeline(out, of);
  return out;
}

http_answer show_pipeline(const account_config&, const pipeline& of) { return resource_answer(200, of.version, shown(of)); }

const pipeline* named_pipeline(call& of) {
  const auto id = of.path_id<pipeline_id>();
  const auto* found = id ? of.config->pipelines.find(*id) : nullptr;
  if (found == nullptr) of.refuse(refusal_code::not_found, "there is no such pipeline");
  return found;
}

maybe<std::vector<stage_fields>> read_stages(const object_reader& from) {
  const auto items = from.objects("stages", pipeline_stages_max);
  if (!items) return std::nullopt;
  std::vector<stage_fields> all;
  for (const auto& item : *items) {
    item.require({"name"});
    all.push_back({item.id<stage_id>("id"), item.text("name", name_bytes_max).value_or(""), item.flag("closed").value_or(false)});
  }
  return all;
}

}  // namespace

void list_pipelines(const call_pointer& of) {
  answer_page(
      *of, of->config->pipelines, [](const pipeline&) { return true; }, append_pipeline);
}

void create_pipeline(const call_pointer& of) {
  request_body body{of->request.body};
  const auto members = body.members();
  members.require({"name", "stages"});
  signalbox::create_pipeline wanted;
  wanted.name = members.text("name", name_bytes_max).value_or("");
  wanted.stages = read_stages(members).value_or(std::vector<stage_fields>{});
  if (const auto no = body.faults()) return of->refuse(*no);
  change_resource<pipeline>(of, std::move(wanted), &account_config::pipelines, [](const account_config&, const pipeline& made) {
    return created_answer(made.version, shown(made), "/v1/pipelines/" + to_text(made.id));
  });
}

void read_pipeline(const call_pointer& of) {
  if (const auto* found = named_pipeline(*of)) of->answer(show_pipeline(*of->config, *found));
}

void change_pipeline(const call_pointer& of) {
  const auto* found = named_pipeline(*of);
  if (found == nullptr) return;
  const auto if_match = read_if_match(*of);
  if (const auto* no = std::get_if<refusal>(&if_match)) return of->refuse(*no);
  request_body body{of->request.body};
  const auto members = body.members();
  update_pipeline wanted{found->id, members.text("name", name_bytes_max), read_stages(members),
                         std::get<maybe<version_number>>(if_match)};
  if (const auto no = body.faults()) return of->refuse(*no);
  change_resource<pipeline>(of, std::move(wanted), &account_config::pipelines, show_pipeline);
}

void delete_pipeline(const call_pointer& of) {
  const auto* found = named_pipeline(*of);
  if (found == nullptr || refused_as_stale(*of, found->version)) return;
  delete_resource(of, signalbox::delete_pipeline{found->id});
}

}  // namespace signalbox::resources

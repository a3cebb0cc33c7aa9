#include "transport/http_api/body_reader.hpp"

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parser.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

namespace signalbox {

namespace json = boost::json;

namespace {

json::string_view json_view(std::string_view text) { return {text.data(), text.size()}; }

constexpr std::size_t depth_max = 32;

}  // namespace

const json::value* object_reader::find(std::string_view key) const {
  return members_ == nullptr ? nullptr : members_->if_contains(json_view(key));
}

bool object_reader::has(std::string_view key) const { return find(key) != nullptr; }

bool object_reader::is_null(std::string_view key) const {
  const auto* value = find(key);
  return value != nullptr && value->is_null();
}

std::vector<std::string> object_reader::keys() const {
  std::vector<std::string> all;
  if (members_ != nullptr)
    for (const auto& member : *members_) all.emplace_back(member.key());
  return all;
}

void object_reader::fault(std::string_view key, std::string detail) const {
  if (faults_->size() >= body_faults_max) return;
  auto where = pointer_;
  if (!key.empty()) where.append("/").append(key);
  faults_->push_back({std::move(where), std::move(detail)});
}

void object_reader::require(std::initializer_list<std::string_view> keys) const {
  if (members_ == nullptr) return;
  for (const auto key : keys)
    if (!has(key)) fault(key, "is required");
}

std::optional<std::string> object_reader::text(std::string_view key, std::size_t bytes_max) const {
  const auto* value = find(key);
  if (value == nullptr) return std::nullopt;
  const auto* given = value->if_string();
  if (given == nullptr) {
    fault(key, "must be a string");
    return std::nullopt;
  }
  if (given->size() > bytes_max) {
    fault(key, "must have at most " + std::to_string(bytes_max) + " bytes");
    return std::nullopt;
  }
  return std::string{given->data(), given->size()};
}

std::optional<bool> object_reader::flag(std::string_view key) const {
  const auto* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (const auto* given = value->if_bool()) return *given;
  fault(key, "must be true or false");
  return std::nullopt;
}

std::optional<std::uint64_t> object_reader::number(std::string_view key, std::uint64_t least, std::uint64_t most) const {
  const auto* value = find(key);
  if (value == nullptr) return std::nullopt;
  std::optional<std::uint64_t> given;
  if (const auto* small = value->if_int64(); small != nullptr && *small >= 0) given = static_cast<std::uint64_t>(*small);
  if (const auto* large = value->if_uint64()) given = *large;
  if (given && *given >= least && *given <= most) return given;
  fault(key, "must be a whole number from " + std::to_string(least) + " to " + std::to_string(most));
  return std::nullopt;
}

std::optional<time_point> object_reader::time(std::string_view key) const {
  const auto given = text(key, word_bytes_max);
  if (!given) return std::nullopt;
  auto at = parse_time(*given);
  if (!at) fault(key, "must be a time as in RFC 3339");
  return at;
}

const json::array* object_reader::array(std::string_view key, std::size_t items_max) const {
  const auto* value = find(key);
  if (value == nullptr) return nullptr;
  const auto* given = value->if_array();
  if (given == nullptr) {
    fault(key, "must be an array");
    return nullptr;
  }
  if (given->size() > items_max) {
    fault(key, "must have at most " + std::to_string(items_max) + " items");
    return nullptr;
  }
  return given;
}

std::optional<std::vector<std::optional<std::string>>> object_reader::texts(std::string_view key, std::size_t items_max) const {
  const auto* items = array(key, items_max);
  if (items == nullptr) return std::nullopt;
  std::vector<std::optional<std::string>> all;
  all.reserve(items->size());
  for (std::size_t i = 0; i < items->size(); ++i) {
    if (const auto* item = (*items)[i].if_string()) {
      all.emplace_back(std::string{item->data(), item->size()});
    } else {
      fault(std::string{key} + "/" + std::to_string(i), "must be a string");
      all.emplace_back();
    }
  }
  return all;
}

std::optional<object_reader> object_reader::object(std::string_view key) const {
  const auto* value = find(key);
  if (value == nullptr) return std::nullopt;
  const auto* given = value->if_object();
  if (given == nullptr) fault(key, "must be an object");
  return object_reader{given, pointer_ + "/" + std::string{key}, *faults_};
}

std::optional<std::vector<object_reader>> object_reader::objects(std::string_view key, std::size_t items_max) const {
  const auto* items = array(key, items_max);
  if (items == nullptr) return std::nullopt;
  std::vector<object_reader> all;
  all.reserve(items->size());
  for (std::size_t i = 0; i < items->size(); ++i) {
    const auto place = std::string{key} + "/" + std::to_string(i);
    const auto* item = (*items)[i].if_object();
    if (item == nullptr) fault(place, "must be an object");
    all.emplace_back(item, pointer_ + "/" + place, *faults_);
  }
  return all;
}

std::optional<std::string> object_reader::raw(std::string_view key) const {
  const auto* value = find(key);
  if (value == nullptr) return std::nullopt;
  return json::serialize(*value);
}

struct request_body::document {
  json::monotonic_resource memory;
  json::value value = json::value(json::storage_ptr{&memory});
};

request_body::request_body(std::string_view text) : document_(std::make_unique<document>()) {
  json::parse_options options;
  options.max_depth = depth_max;
  json::parser parser{{}, options};
  parser.reset(&document_->memory);
  json::error_code failed;
  parser.write(json_view(text), failed);
  if (failed) {
    faults_.push_back({"", "the body is not JSON that can be read: " + failed.message()});
    return;
  }
  document_->value = parser.release();
  if (!document_->value.is_object()) faults_.push_back({"", "the body must be a JSON object"});
}

request_body::~request_body() = default;

object_reader request_body::members() { return {document_->value.if_object(), "", faults_}; }

std::optional<refusal> request_body::faults() const {
  if (faults_.empty()) return std::nullopt;
  return refusal{refusal_code::invalid, "the request is not valid", faults_};
}

}  // namespace signalbox

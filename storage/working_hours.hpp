/// Weekly working spans: users have them, and channels' business hours.
#pragma once

#include <string_view>
#include <vector>

#include "rules/account.hpp"
#include "storage/record_fields.hpp"

namespace signalbox::fields {

void put_spans(writer& to, protozero::pbf_tag_type tag, const std::vector<working_span>& all);
[[nodiscard]] working_span read_span(std::string_view bytes);

}  // namespace signalbox::fields

/// The parts of an inbox's record that are about e-mail. For storage/inbox_record.cpp.
#pragma once

#include <string_view>

#include "rules/account.hpp"
#include "storage/record_fields.hpp"

namespace signalbox::fields {

void put_mail_settings(writer& to, const inbox& of);
[[nodiscard]] fallback_email read_fallback(std::string_view bytes);
[[nodiscard]] mail_filters read_filters(std::string_view bytes);

}  // namespace signalbox::fields

#include "storage/working_hours.hpp"

namespace signalbox::fields {

void put_spans(writer& to, protozero::pbf_tag_type tag, const std::vector<working_span>& all) {
  for (const auto& span : all) {
    writer one{to, tag};
    one.number(1, span.weekday);
    one.number(2, span.from_minute);
    one.number(3, span.to_minute);
  }
}

working_span read_span(std::string_view bytes) {
  working_span span;
  read_nested(bytes, [&](field& in) {
    switch (in.tag()) {
      case 1:
        span.weekday = static_cast<std::uint8_t>(in.number_to(6));
        break;
      case 2:
        span.from_minute = static_cast<std::uint16_t>(in.number_to(1440));
        break;
      case 3:
        span.to_minute = static_cast<std::uint16_t>(in.number_to(1440));
        break;
      default:
        in.skip();
    }
  });
  return span;
}

}  // namespace signalbox::fields

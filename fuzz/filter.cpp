#include "model/filter/filter.h"

#include "crm/salesforce/filter_soql.h"
#include "crm/salesforce/query.h"
#include "fuzz/targets.h"

namespace koppla::fuzz {

namespace {

using model::Kind;

model::ObjectSchema schema() {
    model::ObjectSchema object{.name = "Contact", .label = "Contact", .key = "Id", .stamp = "S"};
    constexpr std::array fields = {
        std::pair{"Id", Kind::identifier}, std::pair{"T", Kind::text},        std::pair{"B", Kind::boolean},
        std::pair{"N", Kind::integer},     std::pair{"D", Kind::decimal},     std::pair{"Y", Kind::date},
        std::pair{"S", Kind::instant},     std::pair{"H", Kind::time},        std::pair{"R", Kind::reference},
        std::pair{"E", Kind::enumeration}, std::pair{"M", Kind::enumerations}};
    for (const auto& [name, kind] : fields)
        object.fields.push_back({.name = name, .label = "", .remote_type = "", .type = {.kind = kind}});
    return object;
}

}  // namespace

void filter(std::string_view input) {
    const auto parsed = model::parse_filter(input);
    if (!parsed) return require(!parsed.error().message.empty(), "a refusal says why");
    const auto again = model::parse_filter(to_text(*parsed));
    require(again.has_value() && *again == *parsed, "a filter is written and read back");

    static const model::ObjectSchema object = schema();
    const auto now = parse_instant("2026-03-31T10:20:30Z");
    const auto condition = salesforce::soql_condition(*parsed, object, *now);
    if (!condition) return;
    const ReadRequest request{.object = &object, .fields = {"Id"}, .filter = *condition};
    const auto statement = salesforce::soql(request, ReadPath::pages);
    require(statement.has_value() || condition->size() > 90'000, "a condition stays within its parentheses");
}

}  // namespace koppla::fuzz

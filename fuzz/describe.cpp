#include "crm/salesforce/metadata.h"
#include "crm/salesforce/query.h"
#include "fuzz/targets.h"
#include "model/schema.h"

namespace koppla::fuzz {

namespace {

void check(const model::ObjectSchema& schema) {
    require(salesforce::is_identifier(schema.name), "an object's name can stand in a query");
    require(schema.find(schema.key) != nullptr, "an object has its key");
    for (const model::FieldSchema& field : schema.fields)
        require(salesforce::is_identifier(field.name), "a field's name can stand in a query");
    const auto again = model::object_schema_from_json(model::to_json(schema));
    require(again.has_value() && *again == schema, "a schema is recorded and read back");
}

}  // namespace

void describe(std::string_view input) {
    if (const auto schema = salesforce::object_schema(input)) check(*schema);
    if (const auto listed = salesforce::object_summaries(input)) {
        for (const ObjectSummary& object : *listed)
            require(salesforce::is_identifier(object.name), "a listed name can stand in a query");
    }
    const std::vector<DescribeRequest> requests = {{.object = "Account"}, {.object = "Contact"}};
    const auto answers = salesforce::described(input, requests);
    if (!answers) return;
    require(answers->size() == requests.size(), "an answer for each request");
    for (const auto& answer : *answers)
        if (answer && !answer->is_unchanged) check(answer->schema);
}

}  // namespace koppla::fuzz

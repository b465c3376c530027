#include "sandbox/salesforce/handlers.h"
#include "sandbox/salesforce/reply.h"
#include "sandbox/services.h"
#include "sandbox/soql/syntax/parser.h"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

namespace koppla::sandbox {

/// The org has no code: what holds code is empty, all else of the Tooling API is unknown here.
Answer tooling_query(Services&, const Ask& ask) {
    static constexpr std::array kinds{"ApexClass",     "ApexTrigger",          "ApexPage",
                                      "ApexComponent", "AuraDefinitionBundle", "LightningComponentBundle",
                                      "Flow",          "StaticResource"};
    const auto soql = ask.parameter("q");
    if (!soql) return api_error(400, "MALFORMED_QUERY", "A query string has to be specified");
    const auto query = soql::parse(*soql);
    if (!query) return org_error(query.error());
    if (std::ranges::none_of(kinds, [&](std::string_view kind) { return equal_words(kind, query->object); }))
        return api_error(400, "INVALID_TYPE", "sObject type '" + query->object + "' is not supported.");
    return json_answer(200, Json{{"size", 0},
                                 {"totalSize", 0},
                                 {"done", true},
                                 {"queryLocator", nullptr},
                                 {"entityTypeName", query->object},
                                 {"records", Json::array()}});
}

}  // namespace koppla::sandbox

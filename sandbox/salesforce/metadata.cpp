#include "sandbox/salesforce/handlers.h"
#include "sandbox/salesforce/reply.h"
#include "sandbox/services.h"

#include <array>
#include <utility>

#include <nlohmann/json.hpp>

namespace koppla::sandbox {
namespace {

/// Whole seconds, as HTTP dates have them.
Instant changed_at(std::int64_t unix_milliseconds) {
    return Instant{std::chrono::floor<std::chrono::seconds>(std::chrono::milliseconds{unix_milliseconds})};
}

/// The text with its Last-Modified, or 304 where the caller has it already. A date that can't be read counts
/// as none.
Answer unless_known(const Ask& ask, Instant changed, std::string text) {
    const auto header = ask.request.headers.find("If-Modified-Since");
    const auto known = header ? parse_http_date(*header) : Result<Instant>{Instant{}};
    auto answer =
        header && known && changed <= *known ? empty_answer(304) : text_answer(200, std::move(text));
    answer.response.headers.add("Last-Modified", format_http_date(changed));
    // As recorded in cumulusci/ManualEdit_test_describe_to_sql.json, and of /sobjects in
    // ManualEditTestCompositeParallelSalesforce.test_http_headers.json.
    answer.response.headers.add("ETag", '"' + std::to_string(changed.time_since_epoch().count()) + '"');
    return answer;
}

Json allowance(std::int64_t maximum, std::int64_t remaining) {
    return {{"Max", maximum}, {"Remaining", remaining}};
}

}  // namespace

Answer versions(Services&, const Ask&) {
    static constexpr std::array seasons{"Spring", "Summer", "Winter"};
    auto list = Json::array();
    for (int version = oldest_version; version <= newest_version; ++version) {
        // 31.0 was Summer '14; three releases a year, a winter release carries the next year's number.
        const int since = version - 30;
        const int year = 14 + since / 3 + (since % 3 == 2 ? 1 : 0);
        const auto number = std::to_string(version) + ".0";
        list.push_back(Json{{"label", std::string{seasons.at(static_cast<std::size_t>(since % 3))} + " '" +
                                          std::to_string(year)},
                            {"url", "/services/data/v" + number},
                            {"version", number}});
    }
    return json_answer(200, list);
}

Answer resources(Services& services, const Ask& ask) {
    Json map;
    for (const auto* name : {"sobjects", "query", "queryAll", "composite", "jobs", "limits", "tooling"})
        map[name] = ask.base() + "/" + name;
    map["identity"] = services.url + "/id/" + services.org.organization_id() + "/" + services.org.user_id();
    return json_answer(200, map);
}

Answer limits(Services& services, const Ask&) {
    const auto now = services.allowance.figures();
    const auto jobs = static_cast<std::int64_t>(services.jobs.list().size());
    return json_answer(
        200, Json{{"ConcurrentAsyncGetReportInstances", allowance(200, 200)},
                  {"DailyApiRequests",
                   allowance(now.daily_max, std::max<std::int64_t>(0, now.daily_max - now.used))},
                  {"DailyAsyncApexExecutions", allowance(250'000, 250'000)},
                  {"DailyBulkApiBatches", allowance(15'000, 15'000)},
                  {"DailyBulkV2QueryFileStorageMB", allowance(976'562, 976'562)},
                  {"DailyBulkV2QueryJobs", allowance(10'000, std::max<std::int64_t>(0, 10'000 - jobs))},
                  {"DailyStreamingApiEvents", allowance(50'000, 50'000)},
                  {"DataStorageMB", allowance(1'024, 1'024)},
                  {"FileStorageMB", allowance(1'024, 1'024)},
                  {"HourlyPublishedPlatformEvents", allowance(50'000, 50'000)},
                  {"MassEmail", allowance(5'000, 5'000)},
                  {"SingleEmail", allowance(5'000, 5'000)}});
}

Answer describe_global(Services& services, const Ask& ask) {
    return unless_known(
        ask, changed_at(services.org.last_modified_ms()),
        R"({"encoding":"UTF-8","maxBatchSize":200,"sobjects":)" + services.org.global_json() + "}");
}

Answer basic_info(Services& services, const Ask& ask) {
    const auto* object = services.org.find(ask.parts.at(0));
    if (object == nullptr) return not_found();
    return unless_known(ask, changed_at(object->last_modified_ms()),
                        R"({"objectDescribe":)" + object->global_json() + R"(,"recentItems":[]})");
}

Answer describe(Services& services, const Ask& ask) {
    const auto* object = services.org.find(ask.parts.at(0));
    if (object == nullptr) return not_found();
    return unless_known(ask, changed_at(object->last_modified_ms()), object->describe_json());
}

}  // namespace koppla::sandbox

#include "sandbox/base64.h"
#include "sandbox/salesforce/bulk_format.h"
#include "sandbox/salesforce/handlers.h"
#include "sandbox/salesforce/reply.h"
#include "sandbox/services.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include <nlohmann/json.hpp>

namespace koppla::sandbox {
namespace {

constexpr std::size_t listed_max = 1'000;
constexpr std::size_t listed_pages_max = 5;
constexpr std::uint64_t page_bytes_max = 1'000'000'000;

/// What a job says of itself; not every answer has every part. [Salesforce: Bulk API 2.0, 7.1]
enum class Detail { created, whole, aborted };

Json job_json(const Services& services, const QueryJob& job, Detail detail) {
    Json json{{"id", job.id},
              {"operation", job.options.rows == Rows::all ? "queryAll" : "query"},
              {"object", job.object},
              {"createdById", services.org.user_id()},
              {"createdDate", wire_instant(job.created.time_since_epoch().count())},
              {"systemModstamp", wire_instant(job.modified.time_since_epoch().count())},
              {"state", state_name(job.state)},
              {"concurrencyMode", "Parallel"},
              {"contentType", "CSV"},
              {"apiVersion", static_cast<double>(job.version)}};
    if (detail == Detail::aborted) return json;
    if (detail == Detail::whole) json["jobType"] = "V2Query";
    json["lineEnding"] = ending_name(job.options.line_ending);
    json["columnDelimiter"] = delimiter_name(job.options.delimiter);
    if (detail == Detail::created) return json;
    json["numberRecordsProcessed"] = job.rows;
    json["retries"] = 0;
    json["totalProcessingTime"] = job.processing.count();
    json["isPkChunkingSupported"] = true;
    if (!job.failure.empty()) json["errorMessage"] = job.failure;
    return json;
}

Result<QueryJob> read_job(const Ask& ask) {
    const auto body = TRY(parse_object(ask.request.body));
    QueryJob job;
    job.version = ask.version;
    job.query = TRY(text_member(body, "query", ""));
    const auto operation = TRY(text_member(body, "operation", ""));
    if (operation != "query" && operation != "queryAll") return bad_value("operation", operation);
    job.options.rows = operation == "queryAll" ? Rows::all : Rows::live;
    const auto format = TRY(read_format(body));
    job.options.line_ending = format.line_ending;
    job.options.delimiter = format.delimiter;
    return job;
}

std::optional<std::int64_t> read_number(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failure != std::errc{} || end != text.data() + text.size() || value < 0) return std::nullopt;
    return value;
}

/// A locator is the number of the page's first row, in base 64: stable, so that pages can be read again.
std::optional<std::int64_t> first_row(const Ask& ask, const QueryJob& job) {
    const auto locator = ask.parameter("locator");
    if (!locator || locator->empty()) return 0;
    const auto decoded = base64_decode(*locator);
    const auto row = decoded ? read_number(*decoded) : std::nullopt;
    return row && (*row == 0 || *row < job.rows) ? row : std::nullopt;
}

Answer page(const QueryJob& job, std::int64_t from, std::int64_t to) {
    const bool is_last = to >= job.rows;
    Answer answer{
        .response = {.status = 200,
                     .headers = {{"Content-Type", "text/csv; charset=UTF-8"},
                                 {"Sforce-NumberOfRecords", std::to_string(to - from)},
                                 {"Sforce-Locator", is_last ? "null" : base64_encode(std::to_string(to))}},
                     .body = job.header}};
    answer.tail = Range{.owner = job.results, .bytes = job.results->range(from, to)};
    return answer;
}

}  // namespace

Answer create_query_job(Services& services, const Ask& ask) {
    if (ask.version < 47) return not_found();
    auto asked = read_job(ask);
    if (!asked) return body_error(asked.error());
    const auto job = services.jobs.create(std::move(*asked));
    return job ? json_answer(200, job_json(services, *job, Detail::created)) : org_error(job.error());
}

Answer list_query_jobs(Services& services, const Ask& ask) {
    const auto locator = ask.parameter("queryLocator").value_or("0");
    const auto from = read_number(locator);
    if (!from) return api_error(400, "INVALID_QUERY_LOCATOR", "invalid query locator");
    const auto jobs = services.jobs.list();
    auto records = Json::array();
    const auto begin = std::min(static_cast<std::size_t>(*from), jobs.size());
    const auto end = std::min(begin + listed_max, jobs.size());
    for (auto i = begin; i < end; ++i) records.push_back(job_json(services, jobs[i], Detail::whole));
    Json next;
    if (end < jobs.size()) next = ask.base() + "/jobs/query?queryLocator=" + std::to_string(end);
    return json_answer(200,
                       Json{{"done", end == jobs.size()}, {"records", records}, {"nextRecordsUrl", next}});
}

Answer query_job(Services& services, const Ask& ask) {
    const auto job = services.jobs.find(ask.parts.at(0));
    return job ? json_answer(200, job_json(services, *job, Detail::whole)) : not_found();
}

Answer change_query_job(Services& services, const Ask& ask) {
    const auto body = parse_object(ask.request.body);
    if (!body) return body_error(body.error());
    if (body->value("state", nlohmann::json{}) != "Aborted")
        return api_error(400, "API_ERROR", "The only state a query job can be set to is Aborted");
    const auto before = services.jobs.find(ask.parts.at(0));
    if (!before) return not_found();
    if (before->is_over())
        return api_error(400, "API_ERROR", "The job is terminated already and can't be aborted");
    const auto job = services.jobs.abort(ask.parts.at(0));
    return job ? json_answer(200, job_json(services, *job, Detail::aborted)) : not_found();
}

Answer delete_query_job(Services& services, const Ask& ask) {
    const auto job = services.jobs.find(ask.parts.at(0));
    if (!job) return not_found();
    if (!job->is_over())
        return api_error(400, "API_ERROR",
                         "Error encountered when deleting the job because the job is not terminated");
    services.jobs.remove(job->id);
    return empty_answer(204);
}

namespace {

/// A complete job, asked for as it was created, and the row a page of it begins with; or why not.
struct Asked {
    std::optional<QueryJob> job{};
    std::int64_t from = 0;
    std::int64_t rows = 0;  ///< of a page; 0: as many as fit
    Answer problem{};
};
Asked asked_results(Services& services, const Ask& ask) {
    auto job = services.jobs.find(ask.parts.at(0));
    if (!job) return {.problem = not_found()};
    if (job->version != ask.version)
        return {.problem = api_error(409, "API_ERROR",
                                     "The job was created with API version " + std::to_string(job->version) +
                                         ".0: ask for its results with that version")};
    if (job->state != JobState::job_complete)
        return {.problem =
                    api_error(400, "INVALIDJOBSTATE",
                              "The job has no results in state " + std::string{state_name(job->state)})};
    const auto from = first_row(ask, *job);
    if (!from) return {.problem = api_error(400, "INVALID_QUERY_LOCATOR", "invalid query locator")};
    const auto rows = read_number(ask.parameter("maxRecords").value_or("0"));
    if (!rows) return {.problem = api_error(400, "API_ERROR", "maxRecords has to be a positive number")};
    // A server may send fewer than it is asked for.
    const auto most = services.jobs.page_rows();
    const auto page_rows = *rows > 0 && most > 0 ? std::min(*rows, most) : std::max(*rows, most);
    return {.job = std::move(job), .from = *from, .rows = page_rows};
}

/// The row behind a page.
std::int64_t page_end(const QueryJob& job, std::int64_t from, std::int64_t rows) {
    const auto within = job.results->end_within(from, page_bytes_max);
    return rows > 0 ? std::min(from + std::min(rows, job.rows), within) : within;
}

std::string locator_of(std::int64_t row) {
    return base64_encode(std::to_string(row));
}

}  // namespace

Answer query_job_results(Services& services, const Ask& ask) {
    auto asked = asked_results(services, ask);
    if (!asked.job) return std::move(asked.problem);
    return page(*asked.job, asked.from, page_end(*asked.job, asked.from, asked.rows));
}

/// [Salesforce: Bulk API 2.0, Get Parallel Results for a Query Job]
Answer query_job_pages(Services& services, const Ask& ask) {
    if (ask.version < 58) return not_found();
    auto asked = asked_results(services, ask);
    if (!asked.job) return std::move(asked.problem);
    const auto& job = *asked.job;
    const auto base = ask.base() + "/jobs/query/" + job.id;
    // Pages of the size that was asked for stay so when they are fetched one by one.
    const auto size =
        ask.parameter("maxRecords") ? "&maxRecords=" + std::to_string(asked.rows) : std::string{};
    auto pages = Json::array();
    auto from = asked.from;
    do {
        pages.push_back(Json{{"resultUrl", base + "/results?locator=" + locator_of(from) + size}});
        from = page_end(job, from, asked.rows);
    } while (from < job.rows && pages.size() < listed_pages_max);
    Json next;
    if (from < job.rows) next = base + "/resultpages?locator=" + locator_of(from) + size;
    return json_answer(200,
                       Json{{"resultPages", pages}, {"nextRecordsUrl", next}, {"done", from >= job.rows}});
}

}  // namespace koppla::sandbox

#include "sandbox/org/writer.h"
#include "sandbox/salesforce/handlers.h"
#include "sandbox/salesforce/ingest/ingest_jobs.h"
#include "sandbox/salesforce/ingest/one_shot.h"
#include "sandbox/salesforce/reply.h"
#include "sandbox/services.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include <nlohmann/json.hpp>

namespace koppla::sandbox {
namespace {

constexpr int first_version = 41;
constexpr std::size_t listed_max = 1'000;
constexpr std::size_t upload_bytes_max = 150'000'000;
constexpr std::array<std::string_view, 5> operations{"insert", "update", "upsert", "delete", "hardDelete"};

/// What a job says of itself; not every answer has every part. [Salesforce: Bulk API 2.0, 8.1]
enum class Detail { created, whole, changed };

Json job_json(const Services& services, const IngestJob& job, Detail detail) {
    Json json{{"id", job.id},
              {"operation", operations.at(static_cast<std::size_t>(job.operation))},
              {"object", job.object},
              {"createdById", services.org.user_id()},
              {"createdDate", wire_instant(job.created.time_since_epoch().count())},
              {"systemModstamp", wire_instant(job.modified.time_since_epoch().count())},
              {"state", state_name(job.state)}};
    if (!job.external_id_field.empty()) json["externalIdFieldName"] = job.external_id_field;
    if (!job.assignment_rule_id.empty()) json["assignmentRuleId"] = job.assignment_rule_id;
    json["concurrencyMode"] = "Parallel";
    json["contentType"] = "CSV";
    json["apiVersion"] = static_cast<double>(job.version);
    if (detail == Detail::changed) return json;
    json["jobType"] = "V2Ingest";
    json["contentUrl"] =
        "services/data/v" + std::to_string(job.version) + ".0/jobs/ingest/" + job.id + "/batches";
    json["lineEnding"] = ending_name(job.format.line_ending);
    json["columnDelimiter"] = delimiter_name(job.format.delimiter);
    if (detail == Detail::created) return json;
    json["numberRecordsProcessed"] = job.processed;
    json["numberRecordsFailed"] = job.failed;
    json["retries"] = 0;
    json["totalProcessingTime"] = job.processing.count();
    json["apiActiveProcessingTime"] = job.processing.count();
    json["apexProcessingTime"] = 0;
    if (!job.failure.empty()) json["errorMessage"] = job.failure;
    return json;
}

Error refused(const char* code, std::string message) {
    return error(ErrorKind::invalid, std::move(message), code);
}

Result<IngestJob> read_job(const Services& services, const Ask& ask, const nlohmann::json& body) {
    IngestJob job;
    job.version = ask.version;
    const auto operation = TRY(text_member(body, "operation", ""));
    const auto known = std::ranges::find(operations, operation);
    if (known == operations.end()) return bad_value("operation", operation);
    job.operation = static_cast<IngestOperation>(known - operations.begin());
    const auto name = TRY(text_member(body, "object", ""));
    const auto* object = services.org.find(name);
    if (object == nullptr)
        return refused("INVALIDENTITY", "Entity '" + name + "' is not supported by the Bulk API.");
    job.object = object->name();
    job.format = TRY(read_format(body));
    job.assignment_rule_id = TRY(text_member(body, "assignmentRuleId", ""));
    const auto key = TRY(text_member(body, "externalIdFieldName", ""));
    if (job.operation != IngestOperation::upsert) return job;
    const auto* field = object->find(key);
    if (field == nullptr || !is_key(*field))
        return refused("INVALIDJOB",
                       "Field name provided, " + key + " does not match an External ID for " + job.object);
    job.external_id_field = field->name;
    return job;
}

Answer job_answer(const Services& services, const Result<IngestJob>& job, Detail detail) {
    return job ? json_answer(200, job_json(services, *job, detail)) : org_error(job.error());
}

/// Description and data in one request; such a job closes itself.
Result<IngestJob> create_at_once(Services& services, const Ask& ask) {
    const auto parts = TRY(read_one_shot(ask.request));
    const auto body = TRY(parse_object(parts.job));
    const auto job = services.ingest.create(TRY(read_job(services, ask, body)));
    TRY(services.ingest.upload(job.id, parts.content));
    return services.ingest.close(job.id);
}

Result<IngestJob> create_open(Services& services, const Ask& ask) {
    const auto body = TRY(parse_object(ask.request.body));
    return services.ingest.create(TRY(read_job(services, ask, body)));
}

using Part = std::shared_ptr<const Spool> IngestResults::*;

Answer result(Services& services, const Ask& ask, std::string IngestResults::*header, Part part) {
    const auto job = services.ingest.find(ask.parts.at(0));
    if (!job) return not_found();
    if (!job->is_over() || (!job->results && job->upload))
        return api_error(400, "INVALIDJOBSTATE",
                         "The job has no results in state " + std::string{state_name(job->state)});
    Answer answer{.response = {.status = 200, .headers = {{"Content-Type", "text/csv; charset=UTF-8"}}}};
    // Aborted before anything was uploaded.
    if (!job->results) return answer;
    const auto& rows = *job->results.*part;
    answer.response.body = *job->results.*header;
    answer.tail = Range{.owner = rows, .bytes = rows->range(0, rows->rows())};
    return answer;
}

}  // namespace

Answer create_ingest_job(Services& services, const Ask& ask) {
    if (ask.version < first_version) return not_found();
    if (is_one_shot(ask.request)) return job_answer(services, create_at_once(services, ask), Detail::changed);
    return job_answer(services, create_open(services, ask), Detail::created);
}

Answer list_ingest_jobs(Services& services, const Ask& ask) {
    const auto text = ask.parameter("queryLocator").value_or("0");
    std::size_t from = 0;
    if (std::from_chars(text.data(), text.data() + text.size(), from).ec != std::errc{})
        return api_error(400, "INVALID_QUERY_LOCATOR", "invalid query locator");
    const auto jobs = services.ingest.list();
    auto records = Json::array();
    const auto begin = std::min(from, jobs.size());
    const auto end = std::min(begin + listed_max, jobs.size());
    for (auto i = begin; i < end; ++i) records.push_back(job_json(services, jobs[i], Detail::created));
    Json next;
    if (end < jobs.size()) next = ask.base() + "/jobs/ingest?queryLocator=" + std::to_string(end);
    return json_answer(200,
                       Json{{"done", end == jobs.size()}, {"records", records}, {"nextRecordsUrl", next}});
}

Answer ingest_job(Services& services, const Ask& ask) {
    const auto job = services.ingest.find(ask.parts.at(0));
    return job ? json_answer(200, job_json(services, *job, Detail::whole)) : not_found();
}

Answer upload_ingest_data(Services& services, const Ask& ask) {
    if (body_bytes(ask.request) > upload_bytes_max)
        return api_error(413, "EXCEEDEDQUOTA", "The data of a job can have at most 150 MB");
    const auto kept = services.ingest.upload(ask.parts.at(0), ask.request.body, ask.request.source);
    return kept ? empty_answer(201) : org_error(kept.error());
}

Answer change_ingest_job(Services& services, const Ask& ask) {
    const auto body = parse_object(ask.request.body);
    if (!body) return body_error(body.error());
    const auto state = body->value("state", nlohmann::json{});
    if (state == "UploadComplete")
        return job_answer(services, services.ingest.close(ask.parts.at(0)), Detail::changed);
    if (state == "Aborted")
        return job_answer(services, services.ingest.abort(ask.parts.at(0)), Detail::changed);
    return api_error(400, "API_ERROR", "A job can be set to UploadComplete or to Aborted");
}

Answer delete_ingest_job(Services& services, const Ask& ask) {
    const auto job = services.ingest.find(ask.parts.at(0));
    if (!job) return not_found();
    if (job->state == JobState::open || job->state == JobState::in_progress)
        return api_error(400, "API_ERROR",
                         "Error encountered when deleting the job because the job is not terminated");
    services.ingest.remove(job->id);
    return empty_answer(204);
}

Answer successful_results(Services& services, const Ask& ask) {
    return result(services, ask, &IngestResults::successful_header, &IngestResults::successful);
}

Answer failed_results(Services& services, const Ask& ask) {
    return result(services, ask, &IngestResults::failed_header, &IngestResults::failed);
}

Answer unprocessed_records(Services& services, const Ask& ask) {
    return result(services, ask, &IngestResults::unprocessed_header, &IngestResults::unprocessed);
}

}  // namespace koppla::sandbox

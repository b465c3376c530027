#include "crm/salesforce/job.h"

#include "crm/salesforce/query.h"

#include <string_view>

#include <fmt/format.h>
#include <simdjson.h>

namespace koppla::salesforce {

Result<JobState> job_state(const std::string& body, const std::string& attempted) {
    simdjson::dom::parser parser;
    simdjson::dom::element root;
    JobState job;
    std::string_view text;
    const bool is_json = parser.parse(body).get(root) == simdjson::SUCCESS;
    if (is_json && root["id"].get(text) == simdjson::SUCCESS) job.id = text;
    if (is_json && root["state"].get(text) == simdjson::SUCCESS) job.state = text;
    if (!is_job_id(job.id) || job.state.empty()) {
        return error(ErrorKind::corrupt,
                     fmt::format("{} failed: the answer does not describe a job", attempted));
    }
    if (root["errorMessage"].get(text) == simdjson::SUCCESS) job.error_message = text;
    std::int64_t rows = 0;
    if (root["numberRecordsProcessed"].get(rows) == simdjson::SUCCESS && rows >= 0) job.rows = rows;
    if (root["numberRecordsFailed"].get(rows) == simdjson::SUCCESS && rows >= 0) job.rows_failed = rows;
    return job;
}

}  // namespace koppla::salesforce

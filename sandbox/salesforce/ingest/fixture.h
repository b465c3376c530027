#pragma once

#include "sandbox/fixture.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace koppla::sandbox {

/// Ingest jobs of the small org, as a client makes them.
class IngestTest : public SandboxTest {
  protected:
    /// Creates a job: its id.
    std::string open(std::string_view operation, std::string_view object,
                     nlohmann::json more = nlohmann::json::object()) {
        more["operation"] = operation;
        more["object"] = object;
        return send("POST", "/jobs/ingest", more, 200).value("id", "");
    }
    http::Response upload(const std::string& id, std::string data) {
        return ask("PUT", path(id, "/batches"), std::move(data), {{"Content-Type", "text/csv"}});
    }
    static std::string path(const std::string& id, std::string_view more = {}) {
        return std::string{test_base} + "/jobs/ingest/" + id + std::string{more};
    }
    /// Asks until the job is over.
    nlohmann::json over(const std::string& id) {
        nlohmann::json job;
        for (int i = 0; i < 12'000; ++i) {
            job = get("/jobs/ingest/" + id);
            if (job["state"] != "UploadComplete" && job["state"] != "InProgress") break;
            (void)SystemClock{}.wait(std::chrono::milliseconds{5}, {});
        }
        return job;
    }
    /// A whole job; its id.
    std::string done(std::string_view operation, std::string_view object, std::string data,
                     nlohmann::json more = nlohmann::json::object()) {
        auto id = open(operation, object, std::move(more));
        EXPECT_EQ(upload(id, std::move(data)).status, 201);
        EXPECT_EQ(send("PATCH", "/jobs/ingest/" + id, {{"state", "UploadComplete"}}, 200)["state"],
                  "UploadComplete");
        last_ = over(id);
        return id;
    }
    std::string successful(const std::string& id) { return part(id, "/successfulResults"); }
    std::string failed(const std::string& id) { return part(id, "/failedResults"); }
    std::string unprocessed(const std::string& id) { return part(id, "/unprocessedrecords"); }
    std::string part(const std::string& id, std::string_view name) {
        const auto answer = ask("GET", path(id, name));
        EXPECT_EQ(answer.status, 200) << answer.body;
        return answer.body;
    }
    /// The sf__Error of the only failed row.
    std::string only_error(const std::string& id) {
        const auto text = failed(id);
        const auto begin = text.find("\n\"");
        const auto from = text.find(",\"", begin) + 2;
        return begin == std::string::npos ? "(none)" : text.substr(from, text.find("\",", from) - from);
    }
    static std::int64_t lines(std::string_view text) { return std::count(text.begin(), text.end(), '\n'); }

    nlohmann::json last_;  ///< what the last job that was done said of itself
};

}  // namespace koppla::sandbox

#include "sandbox/salesforce/ingest/fixture.h"

#include "base/clock.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include <nlohmann/json.hpp>

namespace koppla::sandbox {

using nlohmann::json;

IngestTest::IngestTest() : last_{std::make_unique<json>()} {}
IngestTest::~IngestTest() = default;

std::string IngestTest::open(std::string_view operation, std::string_view object) {
    return open(operation, object, json::object());
}

std::string IngestTest::open(std::string_view operation, std::string_view object, json more) {
    more["operation"] = operation;
    more["object"] = object;
    return send("POST", "/jobs/ingest", more, 200).value("id", "");
}

http::Response IngestTest::upload(const std::string& id, std::string data) {
    return ask("PUT", path(id, "/batches"), std::move(data), {{"Content-Type", "text/csv"}});
}

std::string IngestTest::path(const std::string& id, std::string_view more) {
    return std::string{test_base} + "/jobs/ingest/" + id + std::string{more};
}

json IngestTest::over(const std::string& id) {
    json job;
    for (int i = 0; i < 12'000; ++i) {
        job = get("/jobs/ingest/" + id);
        if (job["state"] != "UploadComplete" && job["state"] != "InProgress") break;
        (void)SystemClock{}.wait(std::chrono::milliseconds{5}, {});
    }
    return job;
}

std::string IngestTest::done(std::string_view operation, std::string_view object, std::string data) {
    return done(operation, object, std::move(data), json::object());
}

std::string IngestTest::done(std::string_view operation, std::string_view object, std::string data,
                             json more) {
    auto id = open(operation, object, std::move(more));
    EXPECT_EQ(upload(id, std::move(data)).status, 201);
    EXPECT_EQ(send("PATCH", "/jobs/ingest/" + id, {{"state", "UploadComplete"}}, 200)["state"],
              "UploadComplete");
    *last_ = over(id);
    return id;
}

std::string IngestTest::part(const std::string& id, std::string_view name) {
    const auto answer = ask("GET", path(id, name));
    EXPECT_EQ(answer.status, 200) << answer.body;
    return answer.body;
}

std::string IngestTest::only_error(const std::string& id) {
    const auto text = failed(id);
    const auto begin = text.find("\n\"");
    const auto from = text.find(",\"", begin) + 2;
    return begin == std::string::npos ? "(none)" : text.substr(from, text.find("\",", from) - from);
}

std::int64_t IngestTest::lines(std::string_view text) {
    return std::count(text.begin(), text.end(), '\n');
}

}  // namespace koppla::sandbox

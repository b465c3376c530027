#include "sandbox/fixture.h"

#include <stdexcept>

#include <nlohmann/json.hpp>

namespace koppla::sandbox {
SandboxTest::SandboxTest() {
    auto org = Org::open(
        OrgOptions{.state = folder_ / "org.db", .seed = 7, .records = {{"Account", 30}, {"Contact", 2'500}}},
        shifted_);
    if (!org) throw std::runtime_error{org.error().message};
    org_ = std::move(*org);
    services_ = std::make_unique<Services>(
        *org_, shifted_, make_credentials(org_->organization_id(), org_->username()), folder_ / "spool");
    services_->url = "https://127.0.0.1:8443";
    face_ = std::make_unique<Face>(*services_, Control::offered);
}

SandboxTest::~SandboxTest() {
    face_.reset();
    services_.reset();
    org_.reset();
}

http::Response SandboxTest::ask_bare(std::string method, std::string target, std::string body,
                                     http::Headers headers) {
    const http::Request request{.method = std::move(method),
                                .target = std::move(target),
                                .headers = std::move(headers),
                                .body = std::move(body)};
    Recorder recorder;
    face_->answer(request, recorder);
    return recorder.response_;
}

http::Response SandboxTest::ask(std::string method, std::string target, std::string body,
                                http::Headers headers) {
    headers.add("Authorization", "Bearer " + services_->credentials.access_token);
    return ask_bare(std::move(method), std::move(target), std::move(body), std::move(headers));
}

nlohmann::json SandboxTest::get(std::string path, int expected_status) {
    const auto response = ask("GET", std::string{test_base} + path);
    EXPECT_EQ(response.status, expected_status) << path << "\n" << response.body.substr(0, 1'000);
    return read_body(response);
}

nlohmann::json SandboxTest::send(std::string method, std::string path, const nlohmann::json& body,
                                 int expected_status) {
    const auto response = ask(std::move(method), std::string{test_base} + path, body.dump(),
                              {{"Content-Type", "application/json"}});
    EXPECT_EQ(response.status, expected_status) << path << "\n" << response.body.substr(0, 1'000);
    return read_body(response);
}

nlohmann::json SandboxTest::records(std::string_view soql) {
    return get("/query?q=" + http::percent_encode(soql)).value("records", nlohmann::json::array());
}

std::string SandboxTest::new_contact(std::string_view last_name) {
    return send("POST", "/sobjects/Contact", {{"LastName", last_name}}, 201).value("id", "");
}

nlohmann::json SandboxTest::finished_job(const std::string& id) {
    nlohmann::json job;
    for (int i = 0; i < 12'000; ++i) {
        job = get("/jobs/query/" + id);
        if (job["state"] != "UploadComplete" && job["state"] != "InProgress") break;
        (void)SystemClock{}.wait(std::chrono::milliseconds{5}, {});
    }
    return job;
}

std::string SandboxTest::completed_job(std::string_view soql) {
    const auto id =
        send("POST", "/jobs/query", {{"operation", "query"}, {"query", soql}}, 200).value("id", "");
    EXPECT_EQ(finished_job(id)["state"], "JobComplete");
    return "/jobs/query/" + id;
}

std::string error_code(const http::Response& response) {
    const auto body = read_body(response);
    return body.is_array() && !body.empty() ? body[0].value("errorCode", "") : std::string{};
}

}  // namespace koppla::sandbox

#include "sandbox/dynamics/fixture.h"

#include <stdexcept>
#include <utility>

#include <nlohmann/json.hpp>

namespace koppla::sandbox::dynamics {
namespace {

/// Keys are slow to make.
const entra::Registration& registration() {
    static const auto made = *entra::make_registration();
    return made.registration;
}

constexpr const char* token = "token-of-the-tests";

}  // namespace

DynamicsTest::DynamicsTest() {
    auto org = Org::open({.state = folder_ / "org.db",
                          .seed = 7,
                          .records = {{"account", 40},
                                      {"contact", 300},
                                      {"opportunity", 20},
                                      {"salesorder", 10},
                                      {"salesorderdetail", 30},
                                      {"task", 20}}},
                         shifted_);
    if (!org) throw std::runtime_error{org.error().message};
    org_ = std::move(*org);
    services_ = std::make_unique<Services>(*org_, shifted_, registration());
    services_->url = "https://127.0.0.1:8443";
    services_->authority.grants.add_token(token, {.principal = {.client_id = registration().client_id,
                                                                .object_id = registration().app_object_id,
                                                                .name = {}},
                                                  .end = Instant::max()});
    face_ = std::make_unique<Face>(*services_, Control::offered);
    catalog_ = org_->catalog();
}

DynamicsTest::~DynamicsTest() {
    face_.reset();
    services_.reset();
    org_.reset();
}

http::Response DynamicsTest::ask(std::string method, std::string_view path, std::string body,
                                 http::Headers headers) {
    headers.add("Authorization", std::string{"Bearer "} + token);
    headers.add("Host", "127.0.0.1:8443");
    const http::Request request{.method = std::move(method),
                                .target = "/api/data/v9.2/" + std::string{path},
                                .headers = std::move(headers),
                                .body = std::move(body)};
    Recorder recorder;
    face_->answer(request, recorder);
    return recorder.response_;
}

nlohmann::json DynamicsTest::get(std::string_view path, int expected_status) {
    const auto response = ask("GET", path);
    EXPECT_EQ(response.status, expected_status) << path << "\n" << response.body.substr(0, 1'000);
    return read_body(response);
}

nlohmann::json DynamicsTest::send(std::string method, std::string_view path, const nlohmann::json& body,
                                  int expected_status, http::Headers headers) {
    const auto response =
        ask(std::move(method), path, body.is_null() ? std::string{} : body.dump(), std::move(headers));
    EXPECT_EQ(response.status, expected_status) << path << "\n" << response.body.substr(0, 1'000);
    return read_body(response);
}

nlohmann::json DynamicsTest::control(std::string method, std::string path) {
    return control(std::move(method), std::move(path), nullptr);
}

nlohmann::json DynamicsTest::control(std::string method, std::string path, const nlohmann::json& body) {
    const http::Request request{.method = std::move(method),
                                .target = "/sandbox/" + std::move(path),
                                .headers = {},
                                .body = body.is_null() ? std::string{} : body.dump()};
    Recorder recorder;
    face_->answer(request, recorder);
    EXPECT_LT(recorder.response_.status, 300) << request.target << "\n" << recorder.response_.body;
    return read_body(recorder.response_);
}

std::string DynamicsTest::make(std::string_view set, const nlohmann::json& body) {
    const auto response = ask("POST", set, body.dump());
    EXPECT_EQ(response.status, 204) << response.body;
    const auto address = header(response, "OData-EntityId");
    const auto open = address.rfind('(');
    return open == std::string::npos ? std::string{} : address.substr(open + 1, address.size() - open - 2);
}

std::string DynamicsTest::code(const http::Response& response) {
    const auto body = read_body(response);
    return body.is_object() && body.contains("error") ? body["error"].value("code", "") : std::string{};
}

const Table& DynamicsTest::table(std::string_view name) {
    return *catalog_->find(name);
}

}  // namespace koppla::sandbox::dynamics

#pragma once

#include "sandbox/fixture.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

namespace koppla::sandbox {

/// Ingest jobs of the small org, as a client makes them.
class IngestTest : public SandboxTest {
  protected:
    IngestTest();
    ~IngestTest() override;

    /// Creates a job: its id.
    std::string open(std::string_view operation, std::string_view object);
    std::string open(std::string_view operation, std::string_view object, nlohmann::json more);
    http::Response upload(const std::string& id, std::string data);
    static std::string path(const std::string& id, std::string_view more = {});
    /// Asks until the job is over.
    nlohmann::json over(const std::string& id);
    /// A whole job; its id.
    std::string done(std::string_view operation, std::string_view object, std::string data);
    std::string done(std::string_view operation, std::string_view object, std::string data,
                     nlohmann::json more);
    std::string successful(const std::string& id) { return part(id, "/successfulResults"); }
    std::string failed(const std::string& id) { return part(id, "/failedResults"); }
    std::string unprocessed(const std::string& id) { return part(id, "/unprocessedrecords"); }
    std::string part(const std::string& id, std::string_view name);
    /// The sf__Error of the only failed row.
    std::string only_error(const std::string& id);
    static std::int64_t lines(std::string_view text);

    /// What the last job that was done said of itself.
    [[nodiscard]] const nlohmann::json& last() const { return *last_; }

  private:
    std::unique_ptr<nlohmann::json> last_;
};

}  // namespace koppla::sandbox

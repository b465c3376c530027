#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "platform/store.h"

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

namespace koppla {

/// What the program's exit codes mean to a script.
enum class Exit {
    ok = 0,
    failed = 1,
    usage = 2,
    incomplete = 3,    ///< start it again, and it goes on
    with_rejects = 4,  ///< done, but some records were refused
    interrupted = 130,
};

/// What every command has: the options that stand before it, the clock, the stop, and the ways out.
class Program {
  public:
    Program(const Clock& with_clock, std::stop_token stop) : clock{with_clock}, stop_{std::move(stop)} {}

    const Clock& clock;
    std::string store_location;
    bool wants_json = false;

    [[nodiscard]] Call call() const {
        return Call{.deadline = std::chrono::steady_clock::time_point::max(), .stop = stop_};
    }
    [[nodiscard]] Result<std::unique_ptr<Store>> open_store() const;

    /// Runs a command's work and keeps its exit code; an error is told on standard error, and as JSON on
    /// standard output where that is wanted.
    void run(const std::function<Result<Exit>()>& work);
    /// The same for a command that failed after a part of its work: `document` is what was done until then.
    [[nodiscard]] Exit fail(const Error& why, nlohmann::json document) const;
    [[nodiscard]] int exit_code() const { return static_cast<int>(exit_); }

    /// The one JSON document of a command.
    static void print(const nlohmann::json& document);
    /// Something a person should know that isn't the command's result: standard error.
    static void tell(std::string_view text);

  private:
    std::stop_token stop_;
    Exit exit_ = Exit::ok;
};

/// Who works here, for the audit: the operating system's user.
std::string user_name();

}  // namespace koppla

#pragma once

#include "app/program.h"
#include "crm/account_type.h"
#include "db/database.h"

#include <map>
#include <optional>
#include <string>

namespace koppla {

/// What the command line said of an account; the settings under the names that their types give them.
struct AccountLine {
    std::string name;
    std::string type;
    std::optional<std::string> label, comment;
    std::map<std::string, std::string, std::less<>> settings;
    std::map<std::string, std::string, std::less<>> secret_files;
    bool is_sure = false;
    std::string certificate_file;
    std::optional<int> certificate_days;
    bool wants_new_key = false;
    bool opens_browser = true;
};

/// Adds to the audit what the operating system's user did to an account.
Result<void> note_deed(db::Transaction& transaction, const Program& program, std::string verb,
                       const std::string& account, std::string detail);

/// The settings with a mark for every secret that is there, which is what their checks need to know.
model::Settings with_marks(const model::Settings& settings, const std::vector<std::string>& secrets);

/// `koppla account test`, `login` and `certificate`.
Result<Exit> test_account(const Program& program, const AccountLine& line);
Result<Exit> log_in_account(const Program& program, const AccountLine& line);
Result<Exit> write_certificate(const Program& program, const AccountLine& line);

}  // namespace koppla

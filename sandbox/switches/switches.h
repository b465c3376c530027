#pragma once

#include "sandbox/org/object.h"
#include "sandbox/route.h"

#include <string>

namespace koppla::sandbox {

// auth.cpp
/// POST /sandbox/auth: what of the app and its user can be set; answers all of it.
Result<Answer> set_auth(Services& services, const Ask& ask);

// hide.cpp
/// POST /sandbox/hide: {"object":"Contact"}, with "fields":["Phone"], or with "where":"LastName = 'x'".
Result<Answer> hide(Services& services, const Ask& ask);
/// DELETE /sandbox/hide: everything is seen again.
Result<Answer> reveal(Services& services, const Ask& ask);

// locks.cpp
/// GET /sandbox/locks: the settings, and how many rows were refused.
Answer get_locks(Services& services, const Ask& ask);
/// POST /sandbox/locks: {"enabled":true,"share":0.1,"seed":1,"chunk_rows":200,"batch_rows":10000}.
Result<Answer> set_locks(Services& services, const Ask& ask);

// rules.cpp
/// POST /sandbox/rules: all of them anew; answers them, as GET does.
Result<Answer> set_rules(Services& services, const Ask& ask);
Answer get_rules(Services& services, const Ask& ask);
Result<Answer> clear_rules(Services& services, const Ask& ask);

// bin.cpp
/// POST /sandbox/bin/purge: {"object":"Contact","age_seconds":0}; without an object, of all.
Result<Answer> purge_bin(Services& services, const Ask& ask);
/// POST /sandbox/bin/undelete: {"object":"Contact","ids":[…]}.
Result<Answer> undelete_rows(Services& services, const Ask& ask);
/// POST /sandbox/merge: {"object":"Account","winner":"001…","losers":[…]}.
Result<Answer> merge_records(Services& services, const Ask& ask);

Result<const Object*> object_named(const Services& services, const std::string& name);

}  // namespace koppla::sandbox

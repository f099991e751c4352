package main

import "time"

// settings are what a test changes while the provider runs. Each has the name under which it comes over the control listener.
type settings struct {
	// Lifetimes.
	AccessTokenSeconds int `json:"access_token_seconds"`
	IDTokenSeconds     int `json:"id_token_seconds"`
	DeviceCodeSeconds  int `json:"device_code_seconds"`
	// How long a client waits between two polls; zero leaves it out of the answer, which means five seconds.
	IntervalSeconds int `json:"interval_seconds"`
	// Access tokens that say nothing to who holds them, instead of JWTs.
	OpaqueAccessTokens bool `json:"opaque_access_tokens"`
	// Name and email in the id_token, not at userinfo alone: in Zitadel "User Info inside ID Token", off when it is new.
	UserinfoInIDToken bool `json:"userinfo_in_id_token"`
	// Roles in tokens without being asked by a scope: in Zitadel "Assert Roles on Authentication" of a project.
	AssertRoles bool `json:"assert_roles"`
	// Each refresh gives another refresh token, and ends the one that it was given for.
	RotateRefreshTokens bool `json:"rotate_refresh_tokens"`
	// Members that are taken out of the token endpoint's answers: to a device's login, and to a refresh.
	OmitAtLogin   []string `json:"omit_at_login"`
	OmitAtRefresh []string `json:"omit_at_refresh"`
	// Delays of the token endpoint, before it looks at a request and after the tokens were made.
	DelayBefore delay `json:"delay_before"`
	DelayAfter  delay `json:"delay_after"`
}

// delay holds up answers of the token endpoint.
type delay struct {
	Milliseconds int `json:"milliseconds"`
	// The grant type; empty for all.
	Grant string `json:"grant"`
}

func (d delay) of(grant string) time.Duration {
	if d.Grant != "" && d.Grant != grant {
		return 0
	}
	return time.Duration(d.Milliseconds) * time.Millisecond
}

func defaults() settings {
	return settings{
		AccessTokenSeconds:  12 * 3600,
		IDTokenSeconds:      12 * 3600,
		DeviceCodeSeconds:   300,
		IntervalSeconds:     1,
		UserinfoInIDToken:   true,
		AssertRoles:         true,
		RotateRefreshTokens: true,
	}
}

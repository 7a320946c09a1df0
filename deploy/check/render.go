package main

import (
	"fmt"
	"regexp"
	"sort"
	"strings"

	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	"helm.sh/helm/v3/pkg/lint"
	"helm.sh/helm/v3/pkg/lint/support"
)

// The oldest server that Chart.yaml admits.
const oldestServer = "v1.30.0"

var separator = regexp.MustCompile(`(?m)^---\s*$`)

// render is `helm template sfint deploy/helm/sfint --namespace sfint --values …`, the schema of the values included.
func render(valuesFile string) ([]string, error) {
	files, err := renderFiles(valuesFile)
	return documentsOf(files), err
}

// renderFiles makes every file of the chart, the notes for whoever installs it included.
func renderFiles(valuesFile string) (map[string]string, error) {
	chart, err := loader.Load(chartFolder)
	if err != nil {
		return nil, err
	}
	values, err := chartutil.ReadValuesFile(valuesFile)
	if err != nil {
		return nil, err
	}
	options := chartutil.ReleaseOptions{Name: "sfint", Namespace: "sfint", Revision: 1, IsInstall: true}
	all, err := chartutil.ToRenderValues(chart, values, options, chartutil.DefaultCapabilities)
	if err != nil {
		return nil, err
	}
	return engine.Engine{Strict: true}.Render(chart, all)
}

func documentsOf(files map[string]string) []string {
	names := make([]string, 0, len(files))
	for name := range files {
		if strings.HasSuffix(name, ".yaml") {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	var documents []string
	for _, name := range names {
		for _, document := range separator.Split(files[name], -1) {
			if strings.TrimSpace(document) != "" {
				documents = append(documents, strings.TrimSpace(document))
			}
		}
	}
	return documents
}

// complaints is `helm lint --strict`: what it has to say, from warnings upwards.
func complaints(valuesFile string) ([]string, error) {
	values, err := chartutil.ReadValuesFile(valuesFile)
	if err != nil {
		return nil, err
	}
	server, err := chartutil.ParseKubeVersion(oldestServer)
	if err != nil {
		return nil, err
	}
	var found []string
	for _, message := range lint.AllWithKubeVersion(chartFolder, values, "sfint", server).Messages {
		if message.Severity >= support.WarningSev {
			found = append(found, fmt.Sprint(message))
		}
	}
	return found, nil
}
